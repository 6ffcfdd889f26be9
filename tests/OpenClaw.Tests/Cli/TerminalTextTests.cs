namespace OpenClaw.Tests.Cli;

/// <summary>What a model answers is shown and not obeyed.</summary>
public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("plain\n\ttext, ä 漢 👍🏽 שלום", "plain\n\ttext, ä 漢 👍🏽 שלום")]
    [InlineData("X\u001b]52;c;cm0gLXJm\u0007Y", "X\uFFFD]52;c;cm0gLXJm\uFFFDY")]
    [InlineData("\u009b2Jgone\b\u007f", "\uFFFD2Jgone\uFFFD\uFFFD")]
    [InlineData("\u202Etxt.exe\u2066", "\uFFFDtxt.exe\uFFFD")]
    [InlineData("shown\rhidden\r\n", "shownhidden\n")]
    public void Nothing_in_a_text_drives_the_terminal(string text, string shown) => Assert.Equal(shown, TerminalText.Safe(text));
}
