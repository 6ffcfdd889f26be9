using OpenClaw.Client;

namespace OpenClaw.Tests.Cli;

public sealed class ConfigFileEditTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("openclaw-cli-");

    private string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    [Theory]
    [InlineData("")]
    [InlineData(" \n\n")]
    [InlineData("// to be filled\n")]
    [InlineData("/* to be */ // filled")]
    public void A_file_without_a_value_is_filled_and_kept_beside(string text)
    {
        File.WriteAllText(Path("c.json"), text);
        Assert.Equal(0, ConfigFileEdit.Apply(Path("c.json"), json: false, static file => OpenClaw.Config.ConfigEditor.SetDefault(file, "openai/gpt-4o"), "done"));
        Assert.StartsWith(text, File.ReadAllText(Path("c.json")), StringComparison.Ordinal);
        Assert.Contains("openai/gpt-4o", File.ReadAllText(Path("c.json")), StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(Path("c.json.bak")));
    }

    [Fact]
    public void Replaces_in_one_step_and_keeps_the_old_text_beside_it()
    {
        File.WriteAllText(Path("c.json"), "old");
        Assert.Null(ConfigFileEdit.Write(Path("c.json"), "old"u8, "new"u8, Path("c.json.bak")));
        Assert.Equal(("new", "old"), (File.ReadAllText(Path("c.json")), File.ReadAllText(Path("c.json.bak"))));
        Assert.Equal(2, _folder.GetFiles().Length);
    }

    [Fact]
    public void Writes_nothing_over_a_change_of_somebody_else()
    {
        File.WriteAllText(Path("c.json"), "theirs");
        var problem = ConfigFileEdit.Write(Path("c.json"), "old"u8, "new"u8, Path("c.json.bak"));
        Assert.Equal($"{Path("c.json")} was changed by somebody else meanwhile; run it again", problem);
        Assert.Equal("theirs", File.ReadAllText(Path("c.json")));
        Assert.Single(_folder.GetFiles());
    }

    [Fact]
    public void A_link_stays_a_link_and_the_mode_stays_the_mode()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes and links are Unix's");
            return;
        }
        File.WriteAllText(Path("real.json"), "old");
        File.SetUnixFileMode(Path("real.json"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.CreateSymbolicLink(Path("c.json"), Path("real.json"));
        Assert.Null(ConfigFileEdit.Write(Path("c.json"), "old"u8, "new"u8, null));
        Assert.NotNull(new FileInfo(Path("c.json")).LinkTarget);
        Assert.Equal("new", File.ReadAllText(Path("real.json")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Path("real.json")));
    }

    [Fact]
    public void A_new_file_is_for_its_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes are Unix's");
            return;
        }
        Assert.Null(ConfigFileEdit.Write(Path("sub/c.json"), [], "{}"u8, null));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path("sub/c.json")));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_a_sentence()
    {
        Directory.CreateDirectory(Path("folder"));
        Assert.Contains("cannot be written", ConfigFileEdit.Write(Path("folder"), [], "{}"u8, null), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
