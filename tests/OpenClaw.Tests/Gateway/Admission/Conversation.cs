using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Admission;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>The messages of a conversation as a client keeps and sends them, in OpenAI's or Anthropic's shape.</summary>
internal sealed class Conversation(bool anthropic = false)
{
    private readonly List<string> _messages = [];

    public int Count => _messages.Count;

    public string System { get; init; } = "You are a helpful agent.";

    /// <summary>Members beside the messages.</summary>
    public string Beside { get; set; } = "";

    public Conversation User(string text) => Add($$"""{"role":"user","content":{{Quoted(text)}}}""");

    public Conversation Assistant(string text) => Add($$"""{"role":"assistant","content":{{Quoted(text)}}}""");

    /// <summary>A call and its result.</summary>
    public Conversation Tool(string name, string arguments, string result)
    {
        var id = "call_" + _messages.Count;
        if (anthropic)
        {
            Add($$"""{"role":"assistant","content":[{"type":"tool_use","id":"{{id}}","name":"{{name}}","input":{{arguments}}}]}""");
            return Add($$"""{"role":"user","content":[{"type":"tool_result","tool_use_id":"{{id}}","content":{{Quoted(result)}}}]}""");
        }
        Add($$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"{{{id}}}","type":"function","function":{"name":"{{{name}}}","arguments":{{{Quoted(arguments)}}}}}]}""");
        return Add($$"""{"role":"tool","tool_call_id":"{{id}}","content":{{Quoted(result)}}}""");
    }

    /// <summary>The client summed up what was before.</summary>
    public void Keep(int last) => _messages.RemoveRange(0, _messages.Count - last);

    public void RemoveLast() => _messages.RemoveAt(_messages.Count - 1);

    public byte[] Body()
    {
        var all = anthropic ? _messages : _messages.Prepend($$"""{"role":"system","content":{{Quoted(System)}}}""");
        var system = anthropic ? $"\"system\":{Quoted(System)}," : "";
        return Encoding.UTF8.GetBytes($$"""{"model":"m",{{system}}{{Beside}}"messages":[{{string.Join(',', all)}}]}""");
    }

    public RequestSign Sign() => RequestSign.Read(Body());

    private Conversation Add(string message)
    {
        _messages.Add(message);
        return this;
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
