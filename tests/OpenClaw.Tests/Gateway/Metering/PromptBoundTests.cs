using System.Text;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Tests.Gateway.Metering;

/// <summary>
/// The bound of a prompt against real tokenizers: the last column is the most that any of o200k, cl100k, Claude's, Llama 3's and
/// Mistral's counts (the npm packages gpt-tokenizer 3, @anthropic-ai/tokenizer 0.0.4, llama3-tokenizer-js 1, mistral-tokenizer-js 1).
/// </summary>
public sealed class PromptBoundTests
{
    // What every hold adds, for the beginning of a text.
    private const int Beginning = 64;

    public static TheoryData<string, string, int, int> Samples => new()
    {
        { "English", "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife. ", 40, 1082 },
        { "code", "        for (var i = 0; i < _holds.Count; i++)\n        {\n            var hold = _holds[i];\n            if (hold.Counter.TryTake(more, hold.Mode, hold.Limit)) continue;\n        }\n", 20, 1161 },
        { "JSON", "{\"id\":\"call_8f3a\",\"type\":\"function\",\"arguments\":{\"city\":\"Paris\",\"unit\":\"celsius\",\"days\":[1,2,3]}},", 30, 1141 },
        { "German", "Das Gateway leitet Anfragen an verschiedene Modellanbieter weiter und schreibt die Kosten jedes Aufrufs auf; Donaudampfschifffahrtsgesellschaftskapitän. ", 20, 942 },
        { "Polish", "Brama przekazuje żądania różnym dostawcom modeli i zapisuje koszt każdego wywołania, żeby nikt się nie zdziwił. ", 20, 1061 },
        { "Turkish", "Ağ geçidi istekleri farklı model sağlayıcılarına iletir ve her çağrının maliyetini kaydeder. ", 20, 942 },
        { "Finnish", "Yhdyskäytävä välittää pyynnöt eri mallintarjoajille ja kirjaa jokaisen kutsun kustannukset tarkasti talteen. ", 20, 982 },
        { "Swahili", "Lango hupeleka maombi kwa watoa huduma mbalimbali wa modeli na kurekodi gharama ya kila simu inayofanywa na watumiaji. ", 20, 1002 },
        { "Indonesian", "Gerbang meneruskan permintaan ke berbagai penyedia model dan mencatat biaya setiap panggilan yang dilakukan oleh pengguna. ", 20, 942 },
        { "Vietnamese", "Cổng chuyển tiếp yêu cầu đến các nhà cung cấp mô hình khác nhau và ghi lại chi phí của mỗi lần gọi. ", 20, 1461 },
        { "Russian", "Шлюз пересылает запросы разным поставщикам моделей и записывает стоимость каждого вызова. ", 20, 841 },
        { "Thai", "เกตเวย์ส่งคำขอไปยังผู้ให้บริการโมเดลต่างๆ และบันทึกค่าใช้จ่ายของการเรียกแต่ละครั้ง ", 20, 2980 },
        { "Chinese", "人工智能网关负责把请求转发给不同的模型提供商并且记录每一次调用的费用。", 40, 1480 },
        { "Japanese", "これは日本語の文章です。今日は天気がいいので散歩に行きました。", 40, 1322 },
        { "Korean", "안녕하세요. 이 문장은 한국어로 작성되었습니다. ", 40, 1162 },
        { "emoji", "😀🎉🚀🔥🧠💰🗄️📚🧵⏱️🦞", 60, 1980 },
        { "syllables", "zu gi ba fo ne ta ki lo mu re sa di po vu he ja ", 60, 962 },
        { "numbers", "31415 92653 58979 32384 62643 38327 95028 84197 ", 60, 2882 },
        { "random digits", "0123456789", 0, 4002 },
        { "random hex", "0123456789abcdef", 0, 3599 },
        { "random base64", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/", 0, 3291 },
        { "random lower case", "abcdefghijklmnopqrstuvwxyz", 0, 2369 },
        { "random upper case", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0, 2744 },
        { "random mixed case", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 0, 2932 },
        { "random signs", "!@#$%^&*()_+-=[]{}|;:,.<>?/~`", 0, 3069 },
    };

    /// <param name="times">How often the text is repeated; 0 = 4000 random letters of it.</param>
    [Theory]
    [MemberData(nameof(Samples))]
    public void No_tokenizer_counts_more_and_no_text_is_taken_for_more_than_its_bytes(string what, string text, int times, int counted)
    {
        var bytes = Encoding.UTF8.GetBytes(times > 0 ? string.Concat(Enumerable.Repeat(text, times)) : RandomText(text, 4000));
        var bound = PromptBound.Of(bytes);
        Assert.True(bound <= bytes.Length && counted <= bound + Beginning, $"{what}: {counted} tokens in {bytes.Length} bytes, the bound is {bound}");
    }

    [Fact]
    public void Prose_and_code_are_held_for_little_more_than_twice_what_they_are()
    {
        foreach (var row in Samples.Take(2))
        {
            var (_, text, times, counted) = row.Data;
            Assert.InRange(PromptBound.Of(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text, times)))), counted, counted * 2.4);
        }
    }

    [Fact]
    public void Steps_of_sixteen_bytes_and_the_rest_count_alike()
    {
        var text = Encoding.UTF8.GetBytes("The quick brown fox, 42 of them; ÄÖ 人工 end.");
        for (var length = 0; length <= text.Length; length++)
        {
            var padded = new byte[length + 512];
            padded.AsSpan().Fill((byte)' ');
            text.AsSpan(0, length).CopyTo(padded);
            var shifted = new byte[length + 512];
            shifted.AsSpan().Fill((byte)' ');
            text.AsSpan(0, length).CopyTo(shifted.AsSpan(7));
            Assert.InRange(PromptBound.Of(padded) - PromptBound.Of(shifted), -1, 1);
        }
    }

    // Marsaglia's xorshift, so that the same text can be made elsewhere.
    private static string RandomText(string letters, int length)
    {
        var state = 2463534242u;
        return string.Create(length, letters, (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                to[i] = from[(int)(state % (uint)from.Length)];
            }
        });
    }
}
