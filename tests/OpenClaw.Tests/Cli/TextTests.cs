namespace OpenClaw.Tests.Cli;

public sealed class TextTests
{
    [Fact]
    public void A_table_is_as_wide_as_its_widest_cells_and_cuts_nothing()
    {
        var table = new TextTable("Model", "Ctx", "Tags") { Indent = "  " };
        table.Add("openai/gpt-4o", "128k", "default");
        table.Add("a/b", "-", "");
        Assert.Equal(
            """
              Model          Ctx   Tags
              openai/gpt-4o  128k  default
              a/b            -

            """,
            table.ToString());
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(-5, "0s")]
    [InlineData(161, "2m 41s")]
    [InlineData(7265, "2h 1m")]
    [InlineData(180000, "2d 2h")]
    public void Times_read_as_people_say_them(int seconds, string text) => Assert.Equal(text, Readable.Time(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(null, "")]
    [InlineData(4.23, "4.2 ms")]
    [InlineData(85.4, "85 ms")]
    [InlineData(1204.0, "1.20 s")]
    public void Milliseconds_keep_two_or_three_digits(double? ms, string text) => Assert.Equal(text, Readable.Milliseconds(ms));

    [Theory]
    [InlineData(null, "-")]
    [InlineData(512L, "512")]
    [InlineData(128000L, "128k")]
    [InlineData(1048576L, "1M")]
    public void Tokens_are_rounded_to_what_people_compare(long? tokens, string text) => Assert.Equal(text, Readable.Tokens(tokens));
}
