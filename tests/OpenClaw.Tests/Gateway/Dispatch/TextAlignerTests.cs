using System.Text;
using OpenClaw.Gateway.Dispatch;

namespace OpenClaw.Tests.Gateway.Dispatch;

public class TextAlignerTests
{
    private const string Answer = "The lobster that keeps this gate is patient. When one road closes it takes the next, and never forgets where a sentence stopped. Größe zählt: ein Ende.";

    [Fact]
    public void An_identical_answer_goes_on_exactly_where_the_cut_was_at_every_cut_and_every_chunk_size()
    {
        var bytes = Encoding.UTF8.GetBytes(Answer);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            foreach (var size in (int[])[1, 3, 7, 1000])
            {
                var (rest, state) = Run(bytes[..cut], bytes, size, isContinuation: false);
                Assert.Equal(Answer, Encoding.UTF8.GetString([.. bytes[..cut], .. rest]));
                Assert.Equal(Alignment.Exact, state);
            }
        }
    }

    [Fact]
    public void A_prefilled_answer_passes_at_once()
    {
        var bytes = Encoding.UTF8.GetBytes(Answer);
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            var (rest, state) = Run(bytes[..cut], bytes[cut..], 5, isContinuation: true);
            Assert.Equal(Alignment.Exact, state);
            // White space at the cut was not in the prefill and may be repeated by the target: it is not doubled.
            Assert.Equal(Answer, Encoding.UTF8.GetString([.. bytes[..cut], .. rest]));
        }
    }

    [Fact]
    public void A_prefill_that_was_ignored_is_noticed_and_aligned()
    {
        var bytes = Encoding.UTF8.GetBytes(Answer);
        for (var cut = 24; cut < bytes.Length; cut++)
        {
            var (rest, _) = Run(bytes[..cut], bytes, 6, isContinuation: true);
            Assert.Equal(Answer, Encoding.UTF8.GetString([.. bytes[..cut], .. rest]));
        }
    }

    [Fact]
    public void White_space_that_a_prefill_left_out_is_not_doubled()
    {
        var (rest, _) = Run("The capital of France is "u8.ToArray(), " Paris."u8.ToArray(), 3, isContinuation: true);
        Assert.Equal("Paris.", Encoding.UTF8.GetString(rest));
    }

    [Fact]
    public void Texts_that_part_and_meet_again_go_on_after_the_sent_end()
    {
        const string sent = "Well, the first step is to boil the water. Then add the pasta and stir it for a while";
        const string other = "Sure, the first step is to boil the water. Then add the pasta and stir it for a while, and drain.";
        var (rest, state) = Run(Encoding.UTF8.GetBytes(sent), Encoding.UTF8.GetBytes(other), 4, isContinuation: false);
        Assert.Equal(Alignment.Resynchronised, state);
        Assert.Equal(", and drain.", Encoding.UTF8.GetString(rest));
    }

    [Fact]
    public void What_the_sent_text_says_twice_is_not_taken_for_its_end_the_first_time()
    {
        const string verse = "the gate is kept by a lobster, and the lobster is patient and kept";
        const string sent = "Well: " + verse + ", once again: " + verse;
        foreach (var size in (int[])[1, 7, 1000])
        {
            var (rest, state) = Run(Encoding.UTF8.GetBytes(sent), Encoding.UTF8.GetBytes("Sure: " + sent[6..] + ". Done."), size, isContinuation: false);
            Assert.Equal((Alignment.Resynchronised, ". Done."), (state, Encoding.UTF8.GetString(rest)));
        }
    }

    [Fact]
    public void Where_no_end_of_the_sent_text_stands_in_it_only_once_the_texts_part()
    {
        var sent = new string('=', 400);
        var (rest, state) = Run(Encoding.UTF8.GetBytes(sent), Encoding.UTF8.GetBytes("- " + new string('=', 900)), 16, isContinuation: false);
        Assert.Equal(Alignment.Parted, state);
        Assert.NotEmpty(rest);
    }

    [Fact]
    public void Texts_that_part_for_good_go_on_from_the_word_where_they_parted()
    {
        var (rest, state) = Run("I think the answer is fourty"u8.ToArray(), "I think the answer must be 42, because of the question."u8.ToArray(), 4, isContinuation: false);
        Assert.Equal(Alignment.Parted, state);
        Assert.Equal(" must be 42, because of the question.", Encoding.UTF8.GetString(rest));
    }

    [Theory]
    [InlineData("zeta eta", "The lobster is patient.", "\n\nThe lobster is patient.")]
    [InlineData("Sure thing", "Surely not.", "\n\nSurely not.")]
    [InlineData("zeta eta ", "The lobster is patient.", "The lobster is patient.")]
    [InlineData("zeta eta", "\nThe lobster is patient.", "\nThe lobster is patient.")]
    public void Another_answer_from_its_first_word_on_is_a_paragraph_of_its_own(string sent, string text, string expected)
    {
        foreach (var size in (int[])[1, 7, 1000])
        {
            var (rest, state) = Run(Encoding.UTF8.GetBytes(sent), Encoding.UTF8.GetBytes(text), size, isContinuation: false);
            Assert.Equal((Alignment.Parted, expected), (state, Encoding.UTF8.GetString(rest)));
        }
    }

    [Fact]
    public void An_answer_shorter_than_what_was_sent_adds_nothing()
    {
        var (rest, state) = Run("One two three four."u8.ToArray(), "One two"u8.ToArray(), 2, isContinuation: false);
        Assert.Equal(Alignment.Parted, state);
        Assert.Empty(rest);
    }

    [Fact]
    public void What_is_handed_on_is_never_half_a_character_of_the_new_text()
    {
        var sent = Encoding.UTF8.GetBytes("Preis: 10 €");
        var (rest, _) = Run(sent, Encoding.UTF8.GetBytes("Preis: 10 ₤ und mehr"), 1, isContinuation: false);
        Assert.Equal(" ₤ und mehr", new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(rest));
    }

    [Theory]
    [InlineData("{\"name\":\"Alice\"}", "")]
    [InlineData("{\"name\": \"A", "")]
    [InlineData("{\"name\": \"Alice\"}", "ice\"}")]
    public void Where_only_an_exact_repetition_will_do_nothing_else_is_handed_on(string text, string expected)
    {
        foreach (var size in (int[])[1, 5, 1000])
        {
            var (rest, state) = Run("{\"name\": \"Al"u8.ToArray(), Encoding.UTF8.GetBytes(text), size, isContinuation: false, exactOnly: true);
            Assert.Equal((expected.Length > 0 ? Alignment.Exact : Alignment.Parted, expected), (state, Encoding.UTF8.GetString(rest)));
        }
    }

    private static (byte[] Fresh, Alignment State) Run(byte[] sent, byte[] text, int size, bool isContinuation, bool exactOnly = false)
    {
        var aligner = new TextAligner(sent, isContinuation, exactOnly);
        var rest = new List<byte>();
        for (var i = 0; i < text.Length; i += size) rest.AddRange(aligner.Take(text.AsSpan(i, Math.Min(size, text.Length - i))));
        rest.AddRange(aligner.End());
        return ([.. rest], aligner.State);
    }
}
