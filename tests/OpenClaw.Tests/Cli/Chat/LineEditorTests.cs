using OpenClaw.Chat;
using OpenClaw.Commands;

namespace OpenClaw.Tests.Cli.Chat;

/// <summary>The line editor on keys from a list instead of a terminal.</summary>
public sealed class LineEditorTests
{
    private static readonly ConsoleKeyInfo s_enter = Key(ConsoleKey.Enter, '\r');

    [Theory]
    [InlineData("hello", "hello")]
    [InlineData("hello{Home}> ", "> hello")]
    [InlineData("helo{Left}l", "hello")]
    [InlineData("one two three{^W}", "one two ")]
    [InlineData("one two{^A}{^K}x", "x")]
    [InlineData("one two{Left}{Left}{Left}{^U}", "two")]
    [InlineData("abc{^A}{Right}{^D}", "ac")]
    [InlineData("abc{Back}{Back}x", "ax")]
    [InlineData("abc{Home}{Delete}{End}!", "bc!")]
    [InlineData("naïve 日本 👩‍👩‍👧{Back}{Back}{Back}", "naïve 日")]
    [InlineData("a👩‍👩‍👧b{Left}{Left}x", "ax👩‍👩‍👧b")]
    [InlineData("one two{Alt-B}x{Alt-F}y", "one xtwoy")]
    [InlineData("first\\{Enter}second", "first\nsecond")]
    [InlineData("a{Paste:one\rtwo [x] ~}b", "aone\ntwo [x] ~b")]
    [InlineData("a{Unknown}b", "ab")]
    public void Keys_make_the_line(string keys, string expected)
    {
        var (end, text, _) = Type(keys);
        Assert.Equal((LineEnd.Entered, expected), (end, text));
    }

    [Fact]
    public void Control_C_drops_the_line_and_control_D_leaves_only_an_empty_one()
    {
        Assert.Equal(LineEnd.Dropped, Type("abc{^C}").End);
        Assert.Equal(LineEnd.Left, Type("{^D}").End);
        Assert.Equal((LineEnd.Entered, "abc"), (Type("abc{^D}").End, Type("abc{^D}").Text));
    }

    [Fact]
    public void A_terminal_that_goes_away_ends_the_conversation() => Assert.Equal(LineEnd.Left, Type("abc", enter: false).End);

    [Fact]
    public void Up_and_down_go_through_what_was_said_and_back_to_what_was_being_typed()
    {
        var history = new LineHistory(null);
        foreach (var line in (string[])["one", "two", "two"]) history.Add(line);
        Assert.Equal(["one", "two"], history.Lines);
        Assert.Equal("two", Type("dra{Up}", history).Text);
        Assert.Equal("one", Type("dra{Up}{Up}{Up}", history).Text);
        Assert.Equal("draft", Type("dra{^P}{^P}{^N}{^N}ft", history).Text);
    }

    [Theory]
    [InlineData("/sta{Tab}", "/status ")]
    [InlineData("/model anthropic/claude-o{Tab}", "/model anthropic/claude-opus-4 ")]
    [InlineData("/model an{Tab}", "/model anthropic/claude-")]
    [InlineData("/models ope{Tab}", "/models openai ")]
    [InlineData("/new fa{Tab}", "/new fast ")]
    [InlineData("/fa{Tab}", "/fast ")]
    [InlineData("/model fast str{Tab}", "/model fast strict ")]
    [InlineData("/model fast strict str{Tab}", "/model fast strict str")]
    [InlineData("/new fast str{Tab}", "/new fast str")]
    [InlineData("/usage to{Tab}", "/usage tokens ")]
    [InlineData("hello an{Tab}", "hello an")]
    [InlineData("/model fast an{Tab}", "/model fast an")]
    public void Tab_completes_commands_and_models(string keys, string expected) => Assert.Equal(expected, Type(keys).Text);

    [Fact]
    public void Tab_again_shows_what_there_is() => Assert.Contains("anthropic/claude-opus-4\r\nanthropic/claude-sonnet-4", Type("/model anthropic/claude-{Tab}").Screen, StringComparison.Ordinal);

    [Fact]
    public void Pasted_lines_are_asked_for_and_given_back()
    {
        var (_, _, screen) = Type("x");
        Assert.StartsWith("\e[?2004h", screen, StringComparison.Ordinal);
        Assert.EndsWith("\e[?2004l\e[?1l\e>", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_is_ended_at_its_prompt_gives_the_terminal_back()
    {
        var screen = new System.Text.StringBuilder();
        LineEditor? editor = null;
        var atPrompt = "";
        var terminal = new LineTerminal(
            () =>
            {
                editor!.Abandon();
                atPrompt = screen.ToString();
                return null;
            },
            () => false, text => screen.Append(text), () => 80);
        editor = new LineEditor(terminal, new LineHistory(null), new LineCompletion([]));
        editor.Abandon();
        Assert.Equal("", screen.ToString());
        editor.Read("› ");
        Assert.EndsWith("\e[?2004l\e[?1l\e>\r\n", atPrompt, StringComparison.Ordinal);
        var length = screen.Length;
        editor.Abandon();
        Assert.Equal(length, screen.Length);
    }

    [Theory]
    [InlineData(false, "dumb", false)]
    [InlineData(false, "", false)]
    [InlineData(false, null, false)]
    [InlineData(false, "xterm-256color", true)]
    [InlineData(true, null, true)]
    [InlineData(true, "dumb", false)]
    public void A_dumb_terminal_gets_no_sequences(bool isWindows, string? term, bool obeys) => Assert.Equal(obeys, Terminal.Obeys(isWindows, term));

    [Theory]
    [InlineData("hello\n", "hello")]
    [InlineData("first\\\nsecond\nthird\n", "first\nsecond")]
    [InlineData("no end", "no end")]
    public void A_plain_line_is_read_as_it_was_typed(string typed, string expected)
    {
        var history = new LineHistory(null);
        Assert.Equal((LineEnd.Entered, expected), PlainLine.Read(new StringReader(typed), history));
        Assert.Equal([expected], history.Lines);
    }

    [Fact]
    public void The_end_of_plain_lines_leaves() => Assert.Equal(LineEnd.Left, PlainLine.Read(new StringReader(""), new LineHistory(null)).End);

    [Theory]
    [InlineData("main", true)]
    [InlineData("a/b:c d", true)]
    [InlineData("owner:a:b", true)]
    [InlineData("", false)]
    [InlineData("..", false)]
    [InlineData("a\tb", false)]
    [InlineData("a\u001b[1mb", false)]
    [InlineData("owner:.", false)]
    public void A_key_is_one_that_the_gateway_takes(string key, bool isOne) => Assert.Equal(isOne, ChatCommand.IsKey(key));

    [Theory]
    [InlineData("abc", 20, "› abc|", 0)]
    [InlineData("日本語日本語", 10, "› 日本語日|本語", 1)]
    [InlineData("12345678", 10, "› 12345678|", 1)]
    public void A_long_line_is_drawn_over_rows_as_the_terminal_breaks_it(string text, int width, string rows, int cursorRow)
    {
        var line = new LineBuffer();
        line.Set(text);
        var screen = new LineScreen("› ");
        var drawn = screen.Draw(line, width);
        Assert.StartsWith("\r\e[J" + rows.Replace("|", "\r\n", StringComparison.Ordinal).TrimEnd('\r', '\n'), drawn, StringComparison.Ordinal);
        // The next drawing begins where this one left the cursor.
        Assert.StartsWith(cursorRow == 0 ? "\r\e[J" : $"\e[{cursorRow}A\r\e[J", screen.Draw(line, width), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("日本", 4)]
    [InlineData("é", 1)]
    [InlineData("e\u0301", 1)]
    [InlineData("👩‍👩‍👧", 2)]
    [InlineData("한글", 4)]
    [InlineData("❤️", 2)]
    public void Width_is_in_columns(string text, int columns) => Assert.Equal(columns, TextWidth.Of(text));

    [Fact]
    public void History_is_a_file_that_only_its_owner_reads_and_a_broken_line_is_left_out()
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-history-").FullName;
        try
        {
            var file = Path.Combine(folder, "state", "chat-history");
            var history = LineHistory.Load(file);
            history.Add("one");
            history.Add("two\nlines \"and\" ä");
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            File.AppendAllText(file, "{broken\n");
            Assert.Equal(["one", "two\nlines \"and\" ä"], LineHistory.Load(file).Lines);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (LineEnd End, string Text, string Screen) Type(string keys, LineHistory? history = null, bool enter = true)
    {
        var queue = new Queue<ConsoleKeyInfo>(Parse(keys));
        if (enter) queue.Enqueue(s_enter);
        var screen = new System.Text.StringBuilder();
        var terminal = new LineTerminal(() => queue.TryDequeue(out var key) ? key : null, () => queue.Count > 0, text => screen.Append(text), () => 80);
        var completion = new LineCompletion(["anthropic/claude-opus-4", "anthropic/claude-sonnet-4", "openai/gpt-4o", "fast"]);
        var (end, text) = new LineEditor(terminal, history ?? new LineHistory(null), completion).Read("› ");
        return (end, text, screen.ToString());
    }

    private static IEnumerable<ConsoleKeyInfo> Parse(string keys)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] != '{')
            {
                yield return Key(default, keys[i]);
                continue;
            }
            var end = keys.IndexOf('}', i);
            foreach (var key in Named(keys[(i + 1)..end])) yield return key;
            i = end;
        }
    }

    private static IEnumerable<ConsoleKeyInfo> Named(string name) => name switch
    {
        "Left" => [Key(ConsoleKey.LeftArrow)],
        "Right" => [Key(ConsoleKey.RightArrow)],
        "Up" => [Key(ConsoleKey.UpArrow)],
        "Down" => [Key(ConsoleKey.DownArrow)],
        "Home" => [Key(ConsoleKey.Home)],
        "End" => [Key(ConsoleKey.End)],
        "Delete" => [Key(ConsoleKey.Delete)],
        "Back" => [Key(ConsoleKey.Backspace, '\u007f')],
        "Tab" => [Key(ConsoleKey.Tab, '\t')],
        "Enter" => [s_enter],
        "Alt-B" => [new ConsoleKeyInfo('b', ConsoleKey.B, false, true, false)],
        "Alt-F" => [new ConsoleKeyInfo('f', ConsoleKey.F, false, true, false)],
        "Unknown" => Escape("[99~"),
        _ when name.StartsWith("Paste:", StringComparison.Ordinal) => [.. Escape("[200~"), .. name[6..].Select(static c => Key(default, c)), .. Escape("[201~")],
        ['^', var letter] => [Key(default, (char)(letter - '@'))],
        _ => throw new ArgumentException(name),
    };

    // As the runtime gives a sequence that it does not know: the bracket with Alt, then plain keys.
    private static IEnumerable<ConsoleKeyInfo> Escape(string rest) => [new ConsoleKeyInfo(rest[0], default, false, true, false), .. rest[1..].Select(static c => Key(default, c))];

    private static ConsoleKeyInfo Key(ConsoleKey key, char c = '\0') => new(c, key, false, false, false);
}
