// hot path: no allocation per text chunk
using System.Globalization;
using System.Text;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>
/// Reads <c>streamGenerateContent?alt=sse</c>: each frame is a whole <c>GenerateContentResponse</c>. There is no closing
/// frame: a finish reason ends the answer and the end of the body ends the stream, so <see cref="FrameOutcome.Done"/> is
/// not told and usage that comes later is still read. Some models say STOP in every chunk: it is believed where text came
/// without it before, else at the end of the body. A JSON array of such objects (the form without <c>alt=sse</c>, and
/// the form in which some errors come) is read element by element.
/// </summary>
internal sealed class GeminiStreamReader : DialectStreamReader
{
    private readonly List<string> _noted = [];
    private readonly JsonScratch _scratch = new();
    private byte[] _compact = [];
    private StreamPosition _position = StreamPosition.Beginning("", "", 0, includeUsage: false);
    private GeminiUsage _usage;
    private GeminiPartialArguments? _partial;
    private bool _isUncontinuable;
    private bool _hasContent;
    private bool _hasNewContent;
    private bool _isFinished;
    private bool _saysStopOnce;
    private FinishReason _unsure;
    private bool _brokenCall;

    public override StreamPosition Position => _position;

    public override bool IsUncontinuable => _isUncontinuable;

    public override FrameOutcome Read(ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> data, IChatEventSink sink)
    {
        data = data.Trim(" \t\r\n"u8);
        if (data.IsEmpty) return FrameOutcome.Read;
        // Not Gemini's, but compatible servers send it.
        if (data.SequenceEqual("[DONE]"u8)) return FrameOutcome.Done;
        // A broken frame must tell nothing, so it is checked as a whole first.
        if (!JsonSlice.IsWellFormed(data)) return FrameOutcome.Malformed;
        return JsonSlice.IsArray(data) ? ReadArray(data, sink) : ReadChunk(data, sink);
    }

    private FrameOutcome ReadArray(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        var element = JsonSlice.Elements(json);
        while (element.Next())
        {
            if (ReadChunk(element.Value, sink) == FrameOutcome.Malformed) return FrameOutcome.Malformed;
        }
        return FrameOutcome.Read;
    }

    private FrameOutcome ReadChunk(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        var chunk = GeminiChunk.Of(json);
        if (!chunk.IsKnown) return FrameOutcome.Malformed;
        if (JsonSlice.IsPresent(chunk.Error))
        {
            sink.Fail(FailureClassifier.FromStreamError(json));
            return FrameOutcome.Read;
        }
        Start(chunk, sink);
        var finish = ReadCandidates(chunk.Candidates, sink, out var count);
        if (_usage.Read(chunk.Usage)) sink.Usage(_usage.Total);
        if (count == 0) ReadPromptFeedback(chunk.PromptFeedback, sink);
        if (!finish.IsEmpty) Finish(finish, sink);
        else if (_hasNewContent) (_saysStopOnce, _unsure) = (true, FinishReason.None);
        return FrameOutcome.Read;
    }

    private void Start(in GeminiChunk chunk, IChatEventSink sink)
    {
        if (_position.Started) return;
        _position.Started = true;
        _position.Id = JsonSlice.String(chunk.ResponseId) ?? "";
        _position.Model = JsonSlice.String(chunk.ModelVersion) ?? "";
        if (JsonSlice.String(chunk.CreateTime) is { } time
            && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created))
        {
            _position.Created = created.ToUnixTimeSeconds();
        }
        sink.Start(Encoding.UTF8.GetBytes(_position.Id), Encoding.UTF8.GetBytes(_position.Model));
    }

    // The answer is candidate 0; that there are others is known, but not told: no request of ours asks for them.
    private ReadOnlySpan<byte> ReadCandidates(ReadOnlySpan<byte> json, IChatEventSink sink, out int count)
    {
        count = 0;
        ReadOnlySpan<byte> finish = default;
        if (!JsonSlice.IsArray(json)) return finish;
        var element = JsonSlice.Elements(json);
        while (element.Next())
        {
            count++;
            var candidate = GeminiCandidate.Of(element.Value);
            if (candidate.Index != 0)
            {
                _isUncontinuable = true;
                Note("more than one candidate", sink);
                continue;
            }
            ReadParts(candidate.Parts, sink);
            if (candidate.HasCitations) Note("citations", sink);
            if (JsonSlice.IsString(candidate.FinishReason)) finish = candidate.FinishReason;
        }
        return finish;
    }

    private void ReadParts(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        if (json.IsEmpty) return;
        var element = JsonSlice.Elements(json);
        while (element.Next())
        {
            var part = GeminiPart.Of(element.Value);
            if (JsonSlice.IsObject(part.Call)) ReadCall(part, sink);
            else if (part.Other is not null) ReadOther(part.Other, sink);
            else ReadText(part, sink);
        }
    }

    private void ReadText(in GeminiPart part, IChatEventSink sink)
    {
        var text = _scratch.Text(part.Text);
        if (!text.IsEmpty)
        {
            _hasContent = _hasNewContent = true;
            _usage.IsAnswered |= !part.IsThought;
            _position.Open = part.IsThought ? OpenBlock.Reasoning : OpenBlock.Text;
            if (part.IsThought) sink.Reasoning(text);
            else sink.Text(text);
        }
        var signature = _scratch.Text(part.Signature);
        if (signature.IsEmpty) return;
        if (part.IsThought) sink.ReasoningSignature(signature);
        // Signatures of plain text need not be returned (only those of calls are checked) and belong to no reasoning block.
        else Note("thoughtSignature of text", sink);
    }

    private void ReadOther(string kind, IChatEventSink sink)
    {
        _isUncontinuable = true;
        _hasContent = _usage.IsAnswered = _hasNewContent = true;
        _position.Open = OpenBlock.Other;
        Note(kind, sink);
    }

    private void ReadCall(in GeminiPart part, IChatEventSink sink)
    {
        var call = GeminiCall.Of(part.Call);
        var isNew = call.Name.Length > 2;
        if (isNew) BeginCall(call, part.Signature, sink);
        else if (_partial is null)
        {
            // The empty object that ends a streamed call may also come after a call that was whole already.
            if (JsonSlice.IsObject(call.Args)) Note("functionCall without a name", sink);
            return;
        }
        else SignCall(part.Signature, sink);
        ReadPieces(call.PartialArgs);
        if (_partial is not null && !call.WillContinue) EndCall(sink);
    }

    private void SignCall(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        var signature = _scratch.Text(json);
        if (!signature.IsEmpty) sink.ToolSignature(_position.ToolIndex - 1, signature);
    }

    private void BeginCall(in GeminiCall call, ReadOnlySpan<byte> signature, IChatEventSink sink)
    {
        EndCall(sink);
        _hasContent = _usage.IsAnswered = _hasNewContent = true;
        _position.Open = OpenBlock.Tool;
        var index = _position.ToolIndex++;
        // Two strings at once: the second must not overwrite the first.
        var id = _scratch.Text(call.Id);
        sink.ToolCall(index, id.IsEmpty ? default : id.ToArray(), _scratch.Text(call.Name));
        // Before the arguments: a writer that has begun to write them has no place for it.
        SignCall(signature, sink);
        if (call.WillContinue || !call.PartialArgs.IsEmpty) _partial = new GeminiPartialArguments();
        if (JsonSlice.IsObject(call.Args) && _partial is null) sink.ToolArguments(index, JsonSlice.Compact(call.Args, ref _compact));
    }

    private void ReadPieces(ReadOnlySpan<byte> pieces)
    {
        if (_partial is null || !JsonSlice.IsArray(pieces)) return;
        var element = JsonSlice.Elements(pieces);
        while (element.Next()) _brokenCall |= !_partial.Apply(element.Value);
    }

    private void EndCall(IChatEventSink sink)
    {
        if (_partial is null) return;
        var arguments = _partial.Complete();
        _partial = null;
        if (arguments is null) _brokenCall = true;
        else if (!_brokenCall) sink.ToolArguments(_position.ToolIndex - 1, arguments.WrittenSpan);
        if (!_brokenCall) return;
        sink.Fail(new UpstreamFailure(FailureReason.ServerError, "the provider streamed a tool call that cannot be put together", Code: "MALFORMED_FUNCTION_CALL"));
    }

    private static void ReadPromptFeedback(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        if (!JsonSlice.IsObject(json)) return;
        var field = JsonSlice.Properties(json);
        while (field.Next())
        {
            if (!field.Is("blockReason"u8) || JsonSlice.String(field.Value) is not { } reason) continue;
            sink.Fail(new UpstreamFailure(FailureReason.Policy, $"the provider blocked the prompt: {reason}", Code: reason));
            return;
        }
    }

    public override void BodyEnded(IChatEventSink sink)
    {
        if (_unsure == FinishReason.None) return;
        sink.Finish(_unsure, default);
        _unsure = FinishReason.None;
    }

    // The end is told again when more content came after it was told.
    private void Finish(ReadOnlySpan<byte> finishReason, IChatEventSink sink)
    {
        EndCall(sink);
        if (_brokenCall) return;
        var word = _scratch.Text(finishReason);
        if (word.SequenceEqual("FINISH_REASON_UNSPECIFIED"u8)) return;
        if (_isFinished && !_hasNewContent) return;
        _isFinished = true;
        var verdict = GeminiFinishReasons.Read(word, _position.ToolIndex > 0, _hasContent);
        var isSure = _saysStopOnce || !word.SequenceEqual("STOP"u8);
        _hasNewContent = false;
        _position.Open = OpenBlock.None;
        if (verdict.Failure != FailureReason.None)
        {
            var name = Encoding.UTF8.GetString(word);
            sink.Fail(new UpstreamFailure(verdict.Failure, $"the provider ended the answer with {name}", Code: name));
            return;
        }
        if (verdict.IsNoted) Note("finishReason " + Encoding.UTF8.GetString(word), sink);
        _unsure = isSure ? FinishReason.None : verdict.Reason;
        if (isSure) sink.Finish(verdict.Reason, default);
    }

    private void Note(string what, IChatEventSink sink)
    {
        if (_noted.Contains(what) || _noted.Count > 16) return;
        _noted.Add(what);
        sink.Unmapped(what);
    }
}
