using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Helpers;
using Anthropic.Models.Messages;

namespace OpenClaw.EndToEnd.Clients;

/// <summary>NuGet's <c>Anthropic</c>.</summary>
public sealed class AnthropicDotNetClient : DotNetClient
{
    protected override async Task PlayAsync(Uri gateway, string token, ClientAsk ask, ClientReply reply)
    {
        using var client = new AnthropicClient { BaseUrl = gateway.ToString().TrimEnd('/'), ApiKey = token };
        switch (ask.Act)
        {
            case ClientAct.ListModels:
                reply.Models.AddRange((await client.Models.List()).Items.Select(m => m.ID));
                break;
            case ClientAct.ShowModel:
                reply.Models.Add((await client.Models.Retrieve(ask.Model)).ID);
                break;
            case ClientAct.ToolLoop:
                await LoopAsync(client, ask, reply);
                break;
            default:
                await AskAsync(client, ask, [new UserMessageParam(Prompt)], reply);
                break;
        }
    }

    protected override ClientError Describe(Exception error) =>
        new(error.GetType().Name, error is AnthropicApiException api ? (int)api.StatusCode : null, error.Message, null);

    private static async Task LoopAsync(AnthropicClient client, ClientAsk ask, ClientReply reply)
    {
        var messages = new List<MessageParam> { new UserMessageParam(Prompt) };
        await AskAsync(client, ask, messages, reply);
        var calls = new List<ContentBlockParam>();
        var results = new List<ContentBlockParam>();
        foreach (var tool in reply.Tools)
        {
            var input = Fields(tool.Arguments);
            calls.Add(new ToolUseBlockParam { ID = tool.Id, Name = tool.Name, Input = input });
            results.Add(new ToolResultBlockParam(tool.Id) { Content = ToolResult(input["city"].GetString()!) });
        }
        messages.Add(new AssistantMessageParam(calls));
        messages.Add(new UserMessageParam(results));
        reply.Tools = [];
        await AskAsync(client, ask, messages, reply);
    }

    private static async Task AskAsync(AnthropicClient client, ClientAsk ask, List<MessageParam> messages, ClientReply reply)
    {
        var request = new MessageCreateParams { MaxTokens = 1000, Messages = messages, Model = ask.Model };
        if (ask.Tools)
        {
            request = request with
            {
                Tools =
                [
                    new Tool { Name = "get_weather", Description = "The weather of a city.", InputSchema = InputSchema.FromRawUnchecked(Fields(WeatherSchema)) },
                    new Tool { Name = "ping", Description = "Answers pong.", InputSchema = new InputSchema() },
                ],
            };
        }
        if (ask.Schema) request = request with { OutputConfig = new OutputConfig { Format = new JsonOutputFormat { Schema = Fields(CitySchema) } } };
        if (!ask.Stream) Note(await client.Messages.Create(request), reply);
        else if (ask.Helper) Note(await CollectAsync(client, request, reply), reply);
        else await StreamAsync(client, ask, request, reply);
    }

    private static void Note(Message message, ClientReply reply)
    {
        reply.Text = "";
        foreach (var block in message.Content)
        {
            if (block.TryPickText(out var text)) reply.Text += text.Text;
            if (block.TryPickToolUse(out var tool)) reply.Tools.Add(new ClientTool(tool.ID, tool.Name, JsonSerializer.Serialize(tool.Input)));
        }
        reply.Finish = message.StopReason?.Raw();
        reply.Model = message.Model.Raw();
        (reply.Input, reply.Output) = (message.Usage.InputTokens, message.Usage.OutputTokens);
    }

    // The package's own aggregator.
    private static async Task<Message> CollectAsync(AnthropicClient client, MessageCreateParams request, ClientReply reply)
    {
        var aggregator = new MessageContentAggregator();
        await foreach (var message in aggregator.CollectAsync(client.Messages.CreateStreaming(request)))
        {
            if (!message.TryPickContentBlockDelta(out var delta) || !delta.Delta.TryPickText(out var text)) continue;
            reply.Pieces++;
            reply.Text += text.Text;
        }
        return aggregator.Message();
    }

    private static async Task StreamAsync(AnthropicClient client, ClientAsk ask, MessageCreateParams request, ClientReply reply)
    {
        using var caller = new CancellationTokenSource();
        var tools = new List<(string Id, string Name, StringBuilder Json)>();
        await foreach (var message in client.Messages.CreateStreaming(request, caller.Token))
        {
            if (message.TryPickStart(out var start)) (reply.Model, reply.Input) = (start.Message.Model.Raw(), start.Message.Usage.InputTokens);
            else if (message.TryPickContentBlockStart(out var block) && block.ContentBlock.TryPickToolUse(out var tool)) tools.Add((tool.ID, tool.Name, new StringBuilder()));
            else if (message.TryPickContentBlockDelta(out var delta)) Take(delta.Delta);
            else if (message.TryPickDelta(out var last))
            {
                reply.Finish = last.Delta.StopReason?.Raw();
                reply.Output = last.Usage.OutputTokens;
                reply.Input = last.Usage.InputTokens ?? reply.Input;
            }
            if (ask.LeaveAfter is not { } pieces || reply.Pieces < pieces) continue;
            reply.Left = true;
            await caller.CancelAsync();
        }
        reply.Tools = [.. tools.Select(t => new ClientTool(t.Id, t.Name, t.Json.Length == 0 ? "{}" : t.Json.ToString()))];

        void Take(RawContentBlockDelta delta)
        {
            if (delta.TryPickInputJson(out var json)) tools[^1].Json.Append(json.PartialJson);
            if (!delta.TryPickText(out var text)) return;
            reply.Pieces++;
            reply.Text += text.Text;
        }
    }

    private static Dictionary<string, JsonElement> Fields(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.Clone());
    }
}
