using System.Collections.Immutable;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Tests.Gateway.Metering;

/// <summary>Sizes of pictures as ImageMagick writes them (PNG, baseline and progressive JPEG, WebP with loss, without, and with transparency), and what models count for them.</summary>
public sealed class PictureSizeTests
{
    private const string Jpeg = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/wAALCADIASwBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/AJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD/2Q==";

    public static TheoryData<string, string, int, int> Pictures => new()
    {
        { "png", "iVBORw0KGgoAAAANSUhEUgAAAS0AAAARCAAAAACtR6VQAAAAQElEQVRYw+3QQQkAIADAQDW42a3gXiLcJRibe3BtvQ74iluFW4VbhVuFW4VbhVuFW4VbhVuFW4VbhVuFW4VbxQFIBwCgBl/IPQAAAABJRU5ErkJggg==", 301, 17 },
        { "jpeg", Jpeg, 300, 200 },
        { "jpeg", "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/wgALCADIASwBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAL/2gAIAQEAAAABgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB//8QAFBABAAAAAAAAAAAAAAAAAAAAkP/aAAgBAQABBQJtv//EABQQAQAAAAAA", 300, 200 },
        { "webp", "UklGRlYCAABXRUJQVlA4IEoCAADQQwCdASqAAuABPtFoslMoJiSioAgBABoJaW7hd2EbQAwwi5OQ99sn", 640, 480 },
        { "webp", "UklGRjAAAABXRUJQVlA4TCQAAAAvgAJ4AAdQv/rVr/8BAUnS//9kRP8z/vOf//znP//5z3/+jwM=", 641, 481 },
        { "webp", "UklGRmgAAABXRUJQVlA4WAoAAAAQAAAAYgAATAAAQUxQSAoAAAABB9C/iAhERP8DVlA4IDgAAACQBACdASpjAE0APpFIoUylpCMiIOgAsBIJaQAAB3ZVfL3GnvJvp06dOnTp0cAA/viYMa8AAAAAAA==", 99, 77 },
    };

    [Theory]
    [MemberData(nameof(Pictures))]
    public void The_head_of_a_file_tells_its_size(string kind, string base64, int width, int height)
    {
        Assert.Equal(new PictureSize(width, height), PictureSize.Of(Encoding.UTF8.GetBytes(base64)));
        Assert.Equal(new PictureSize(width, height), PictureSize.Of(Encoding.UTF8.GetBytes($"data:image/{kind};base64,{base64}")));
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void What_is_cut_or_changed_anywhere_is_unknown_or_another_size_and_never_an_error(string kind, string base64, int width, int height)
    {
        var text = Encoding.UTF8.GetBytes(base64);
        for (var length = 0; length < text.Length; length++) Assert.True(PictureSize.Of(text.AsSpan(0, length)) is null or { Width: > 0, Height: > 0 });
        Assert.Null(PictureSize.Of(text.AsSpan(0, 20)));
        var random = new Random(kind.Length + width + height);
        for (var i = 0; i < 2000; i++)
        {
            var changed = (byte[])text.Clone();
            for (var j = 0; j < 3; j++) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            Assert.True(PictureSize.Of(changed) is null or { Width: > 0, Height: > 0 });
        }
    }

    [Fact]
    public void A_profile_and_a_preview_before_the_size_of_a_jpeg_are_stepped_over()
    {
        Assert.Equal(new PictureSize(300, 200), PictureSize.Of(Encoding.UTF8.GetBytes(WithPreviews())));
    }

    [Fact]
    public void A_slash_may_be_escaped()
    {
        var escaped = WithPreviews().Replace("/", "\\/", StringComparison.Ordinal);
        Assert.StartsWith("\\/9j\\/", escaped);
        Assert.Equal(new PictureSize(300, 200), PictureSize.Of(Encoding.UTF8.GetBytes("data:image\\/jpeg;base64," + escaped)));
    }

    // Whoever decodes these sees another size.
    [Fact]
    public void A_head_that_can_be_read_in_two_ways_tells_nothing()
    {
        var jpeg = Convert.FromBase64String(Jpeg);
        byte[] restart = [0xFF, 0xD8, 0xFF, 0xD0, .. jpeg[2..]];
        byte[] png = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 20, (byte)'t', (byte)'E', (byte)'X', (byte)'t', 0, 0, 0, 1, 0, 0, 0, 1, .. new byte[40]];
        foreach (var file in (byte[][])[restart, png]) Assert.Null(PictureSize.Of(Encoding.UTF8.GetBytes(Convert.ToBase64String(file))));
        Assert.Null(PictureSize.Of(Encoding.UTF8.GetBytes(Jpeg[..40] + " " + Jpeg[40..])));
        Assert.Null(PictureSize.Of(Encoding.UTF8.GetBytes(Jpeg[..8] + "\\n" + Jpeg[8..])));
    }

    [Theory]
    [InlineData("JVBERi0xLjcKJeLjz9MKNSAwIG9iago8PC9GaWx0ZXIvRmxhdGVEZWNvZGUvTGVuZ3RoIDE+Pgo=")]
    [InlineData("data:text/plain,hello")]
    [InlineData("data:")]
    [InlineData("")]
    [InlineData("https://a.example/a.png")]
    public void What_is_no_picture_has_no_size(string text) => Assert.Null(PictureSize.Of(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("gpt-4o-mini", 48_169, 2833 + (2 * 5667))]
    [InlineData("ft:gpt-4o-mini:me", 48_169, 2833 + (2 * 5667))]
    [InlineData("GPT-4o-2024-11-20", 2000, 2000)]
    [InlineData("gpt-5", 4000, 2300)]
    [InlineData("gpt-5-mini", 4000, 2300)]
    [InlineData("gpt-5.2", 4000, 2300)]
    [InlineData("gpt-5.4-mini", 12_000, 2300)]
    [InlineData("gpt-6", 36_000, 2300)]
    [InlineData("claude-opus-4-7", 5000, 2300)]
    [InlineData("anthropic/claude-haiku-4.5", 5000, 2300)]
    [InlineData("us.anthropic.claude-haiku-4-5", 5000, 2300)]
    [InlineData("gemini-3-pro-preview", 2300, 2300)]
    [InlineData("qwen/qwen3-vl-235b", 20_000, 2300)]
    public void A_picture_is_taken_for_the_most_that_its_model_counts(string model, int unknown, int small)
    {
        Assert.Equal(unknown * 2L, PictureBound.Of(model, 2, []));
        Assert.Equal(unknown + (long)small, PictureBound.Of(model, 2, [new PictureSize(640, 480)]));
        Assert.Equal(unknown, PictureBound.Of(model, 1, [new PictureSize(9000, 6000)]));
    }

    // The published rules, each at its dearest.
    [Theory]
    [InlineData("gpt-4.1-nano", 32, 2.46, 1536)]
    [InlineData("gpt-6", 32, 1.2, 30_000)]
    [InlineData("qwen3-vl", 28, 1, 16_384)]
    [InlineData("mistral/pixtral-large-latest", 16, 1.02, 4096)]
    [InlineData("claude-sonnet-4-5", 26, 1, 1600)]
    public void A_known_size_is_held_for_no_less_than_any_rule_counts(string model, int patch, double each, int most)
    {
        foreach (var height in (int[])[20, 33, 100, 129, 480, 1000, 1024, 3000])
        {
            for (var width = 20; width <= 9600; width += 145)
            {
                var patches = ((width + patch - 1) / patch) * ((height + patch - 1) / patch);
                Assert.True(PictureBound.Of(model, 1, [new PictureSize(width, height)]) >= Math.Min(patches, most) * each, $"{width} x {height}");
            }
        }
    }

    [Theory]
    [InlineData(1000, 200, 16)]
    [InlineData(4000, 400, 32)]
    [InlineData(4032, 3024, 4)]
    public void Gemini_counts_tiles_by_the_shorter_side(int width, int height, int tiles) =>
        Assert.True(PictureBound.Of("gemini-2.5-flash", 1, [new PictureSize(width, height)]) >= tiles * 258);

    [Fact]
    public void A_request_names_the_sizes_of_the_pictures_that_are_in_it()
    {
        var jpeg = WithPreviews();
        var png = Pictures.First().Data.Item2;
        Assert.Equal([new PictureSize(300, 200)], SizesOf($$$"""{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,{{{jpeg}}}","detail":"high"}},{"type":"image_url","image_url":{"url":"https://a.example/a.png"}}"""));
        Assert.Equal([new PictureSize(300, 200), new PictureSize(301, 17)], SizesOf($$$"""{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"{{{jpeg}}}"}},{"source":{"data":"{{{png}}}","type":"base64"},"type":"image"}"""));
        Assert.Equal([new PictureSize(301, 17)], SizesOf($$$"""{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{{png}}}"}}]}"""));
    }

    [Fact]
    public void Nothing_else_in_a_request_is_taken_for_the_size_of_a_picture()
    {
        var png = Pictures.First().Data.Item2;
        Assert.Empty(SizesOf($$$"""{"type":"file","file":{"file_data":"data:image/png;base64,{{{png}}}"}}"""));
        Assert.Empty(SizesOf($$$"""{"type":"text","text":"data:image/png;base64,{{{png}}}"}"""));
        Assert.Empty(SizesOf($$$$"""{"type":"tool_use","id":"t","name":"f","input":{"source":{"data":"{{{{png}}}}"},"image_url":{"url":"data:image/png;base64,{{{{png}}}}"}}}"""));
        Assert.Empty(SizesOf($$$"""{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{png}}}","url":"https://a.example/large.png"}}"""));
        Assert.Empty(SizesOf("""{"type":"image_url","image_url":[1,{"url":"data:"}]},{"type":"image_url","image_url":null},{"type":"image","source":7}"""));
    }

    private static ImmutableArray<PictureSize> SizesOf(string parts) => PictureParts.Sizes(Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{"role":"user","content":[{{parts}}]}],"tools":[]}"""));

    private static string WithPreviews()
    {
        var file = Convert.FromBase64String(Jpeg);
        byte[] preview = [0xFF, 0xE1, 0xEA, 0x60, .. new byte[0xEA5E]];
        return Convert.ToBase64String([.. file[..2], .. preview, .. preview, .. preview, 0xFF, 0xFF, .. file[2..]]);
    }
}
