namespace OpenClaw.EndToEnd.Clients;

/// <summary>An official client, unchanged: only its base URL and key are set. Its retries, its timeouts and its errors are its own.</summary>
public abstract class OfficialClient
{
    /// <summary>Why it cannot be run here, or null.</summary>
    public virtual string? Missing => null;

    /// <summary>Does all of it at once.</summary>
    public abstract Task<IReadOnlyDictionary<string, ClientReply>> RunAsync(Uri gateway, string token, IReadOnlyList<ClientAsk> asks);
}

/// <summary>A client that runs in this process.</summary>
public abstract class DotNetClient : OfficialClient
{
    protected const string Prompt = "Say the sixty words.";

    protected const string WeatherSchema = """{"type":"object","properties":{"city":{"type":"string"},"unit":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}""";

    protected const string CitySchema = """{"type":"object","properties":{"city":{"type":"string"},"population":{"type":"integer"}},"required":["city","population"],"additionalProperties":false}""";

    public override async Task<IReadOnlyDictionary<string, ClientReply>> RunAsync(Uri gateway, string token, IReadOnlyList<ClientAsk> asks)
    {
        var replies = await Task.WhenAll(asks.Select(ask => Task.Run(() => ReplyAsync(gateway, token, ask))));
        return asks.Zip(replies).ToDictionary(p => p.First.Name, p => p.Second, StringComparer.Ordinal);
    }

    protected abstract Task PlayAsync(Uri gateway, string token, ClientAsk ask, ClientReply reply);

    protected abstract ClientError Describe(Exception error);

    protected static string ToolResult(string city) => $"It is 18 degrees in {city}.";

    private async Task<ClientReply> ReplyAsync(Uri gateway, string token, ClientAsk ask)
    {
        var reply = new ClientReply();
        try
        {
            await PlayAsync(gateway, ask.Token ?? token, ask, reply);
        }
        catch (OperationCanceledException) when (reply.Left)
        {
            // The client's own way to say that its caller left.
        }
#pragma warning disable CA1031 // Whatever a client raises is what its user sees.
        catch (Exception e)
#pragma warning restore CA1031
        {
            reply.Error = Describe(e);
        }
        return reply;
    }
}
