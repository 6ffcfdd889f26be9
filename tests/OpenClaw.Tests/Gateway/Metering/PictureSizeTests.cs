using System.Text;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Tests.Gateway.Metering;

/// <summary>Sizes of pictures as ImageMagick writes them: baseline and progressive JPEG, WebP with loss, without, and with transparency.</summary>
public sealed class PictureSizeTests
{
    private const string Jpeg = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/wAALCADIASwBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/AJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD/2Q==";

    public static TheoryData<string, string, int, int> Pictures => new()
    {
        { "png", "iVBORw0KGgoAAAANSUhEUgAAAS0AAAARCAAAAACtR6VQAAAAQElEQVRYw+3QQQkAIADAQDW42a3gXiLcJRibe3BtvQ74iluFW4VbhVuFW4VbhVuFW4VbhVuFW4VbhVuFW4VbxQFIBwCgBl/IPQAAAABJRU5ErkJggg==", 301, 17 },
        { "gif", "R0lGODlhewAtAPAAAH5+fgAAACH5BAAAAAAAIf8LSW1hZ2VNYWdpY2sOZ2FtbWE9MC40NTQ1NDUALAAAAAB7AC0AAAJRhI+py+0Po5y02ouz3rz7D4biSJbmiabqyrbuC8fyTNf2jef6zvf+DwwKh8Si8YhMKpfMpvMJjUqn1Kr1is1qt9yu9wsOi8fksvmMTqvX7GcBADs=", 123, 45 },
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

    [Theory]
    [InlineData("JVBERi0xLjcKJeLjz9MKNSAwIG9iago8PC9GaWx0ZXIvRmxhdGVEZWNvZGUvTGVuZ3RoIDE+Pgo=")]
    [InlineData("data:text/plain,hello")]
    [InlineData("data:")]
    [InlineData("")]
    public void What_is_no_picture_has_no_size(string text) => Assert.Null(PictureSize.Of(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("gpt-4o-mini", 48_169, 48_169)]
    [InlineData("gpt-4o-2024-11-20", 2000, 2000)]
    [InlineData("gpt-5", 4000, 2300)]
    [InlineData("gpt-5-mini", 4000, 2300)]
    [InlineData("gpt-5.2", 4000, 2300)]
    [InlineData("gpt-5.4-mini", 20_000, 2300)]
    [InlineData("gpt-6", 20_000, 2300)]
    [InlineData("claude-opus-4-7", 5000, 2300)]
    [InlineData("anthropic/claude-haiku-4.5", 5000, 2300)]
    [InlineData("gemini-3-pro-preview", 2300, 2300)]
    [InlineData("qwen/qwen3-vl-235b", 20_000, 2300)]
    public void A_picture_is_taken_for_the_most_that_its_model_counts(string model, int unknown, int small)
    {
        Assert.Equal(unknown * 2L, PictureBound.Of(model, 2, []));
        Assert.Equal(unknown + (long)small, PictureBound.Of(model, 2, [new PictureSize(640, 480)]));
        // Twelve megapixels and more are the most there is.
        Assert.Equal(unknown, PictureBound.Of(model, 1, [new PictureSize(4032, 3024)]));
    }

    // The published rules, each at what it counts most for a square: patches of 32 times 2.46, pixels over 750, patches of 28.
    [Theory]
    [InlineData("gpt-5.4-nano")]
    [InlineData("claude-sonnet-4-5")]
    [InlineData("qwen3-vl")]
    public void A_known_size_is_held_for_no_less_than_any_rule_counts(string model)
    {
        for (var side = 100; side <= 1200; side += 50)
        {
            var held = PictureBound.Of(model, 1, [new PictureSize(side, side)]);
            var patches = (side + 31) / 32;
            var small = (side + 27) / 28;
            Assert.True(held >= Math.Min(patches * patches, 1536) * 2.46);
            Assert.True(held >= side * side / 750);
            Assert.True(held >= small * small);
        }
    }

    [Fact]
    public void A_request_names_the_sizes_of_its_inline_pictures()
    {
        var jpeg = WithPreviews();
        using var parts = RequestEnvelope.Of(Encoding.UTF8.GetBytes($$$"""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,{{{jpeg}}}"}},{"type":"image_url","image_url":{"url":"https://a.example/a.png"}}]}]}"""));
        Assert.Equal(2, parts.Images);
        Assert.Equal([new PictureSize(300, 200)], parts.PictureSizes());
        using var blocks = RequestEnvelope.Of(Encoding.UTF8.GetBytes($$$"""{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"{{{jpeg}}}"}}]}]}"""));
        Assert.Equal([new PictureSize(300, 200)], blocks.PictureSizes());
    }

    private static string WithPreviews()
    {
        var file = Convert.FromBase64String(Jpeg);
        byte[] preview = [0xFF, 0xE1, 0xEA, 0x60, .. new byte[0xEA5E]];
        return Convert.ToBase64String([.. file[..2], .. preview, .. preview, .. preview, 0xFF, 0xFF, .. file[2..]]);
    }
}
