using System.ClientModel;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace OpenClaw.EndToEnd.Clients;

using ChatClient = OpenAI.Chat.ChatClient;

/// <summary>NuGet's <c>OpenAI</c>.</summary>
public sealed class OpenAiDotNetClient : DotNetClient
{
    protected override async Task PlayAsync(Uri gateway, string token, ClientAsk ask, ClientReply reply)
    {
        var client = new OpenAIClient(new ApiKeyCredential(token), new OpenAIClientOptions { Endpoint = new Uri(gateway, "/v1") });
        switch (ask.Act)
        {
            case ClientAct.ListModels:
                reply.Models.AddRange((await client.GetOpenAIModelClient().GetModelsAsync()).Value.Select(m => m.Id));
                break;
            case ClientAct.ShowModel:
                reply.Models.Add((await client.GetOpenAIModelClient().GetModelAsync(ask.Model)).Value.Id);
                break;
            case ClientAct.ToolLoop:
                await LoopAsync(client.GetChatClient(ask.Model), ask, reply);
                break;
            default:
                await AskAsync(client.GetChatClient(ask.Model), ask, [new UserChatMessage(Prompt)], reply);
                break;
        }
    }

    protected override ClientError Describe(Exception error)
    {
        var result = error as ClientResultException;
        var response = result?.GetRawResponse();
        return new ClientError(
            error.GetType().Name, result?.Status is > 0 ? result.Status : null, error.Message,
            response is not null && response.Headers.TryGetValue("retry-after", out var wait) ? wait : null);
    }

    private static async Task LoopAsync(ChatClient client, ClientAsk ask, ClientReply reply)
    {
        var messages = new List<ChatMessage> { new UserChatMessage(Prompt) };
        await AskAsync(client, ask, messages, reply);
        messages.Add(new AssistantChatMessage(reply.Tools.Select(t => ChatToolCall.CreateFunctionToolCall(t.Id, t.Name, BinaryData.FromString(t.Arguments)))));
        foreach (var tool in reply.Tools)
        {
            using var arguments = JsonDocument.Parse(tool.Arguments);
            messages.Add(new ToolChatMessage(tool.Id, ToolResult(arguments.RootElement.GetProperty("city").GetString()!)));
        }
        reply.Tools = [];
        await AskAsync(client, ask, messages, reply);
    }

    private static async Task AskAsync(ChatClient client, ClientAsk ask, List<ChatMessage> messages, ClientReply reply)
    {
        var options = new ChatCompletionOptions();
        if (ask.Tools)
        {
            options.Tools.Add(ChatTool.CreateFunctionTool("get_weather", "The weather of a city.", BinaryData.FromString(WeatherSchema)));
            options.Tools.Add(ChatTool.CreateFunctionTool("ping", "Answers pong."));
        }
        if (ask.Schema) options.ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("city", BinaryData.FromString(CitySchema), jsonSchemaIsStrict: true);
        if (ask.Stream)
        {
            await StreamAsync(client, ask, messages, options, reply);
            return;
        }
        ChatCompletion completion = await client.CompleteChatAsync(messages, options);
        reply.Text = string.Concat(completion.Content.Select(c => c.Text));
        reply.Finish = completion.FinishReason.ToString();
        reply.Model = completion.Model;
        (reply.Input, reply.Output) = (completion.Usage?.InputTokenCount, completion.Usage?.OutputTokenCount);
        reply.Tools = [.. completion.ToolCalls.Select(c => new ClientTool(c.Id, c.FunctionName, c.FunctionArguments.ToString()))];
    }

    private static async Task StreamAsync(ChatClient client, ClientAsk ask, List<ChatMessage> messages, ChatCompletionOptions options, ClientReply reply)
    {
        using var caller = new CancellationTokenSource();
        var tools = new SortedDictionary<int, (string Id, string Name, StringBuilder Arguments)>();
        await foreach (var update in client.CompleteChatStreamingAsync(messages, options, caller.Token))
        {
            var text = string.Concat(update.ContentUpdate.Select(c => c.Text));
            if (text.Length > 0) reply.Pieces++;
            reply.Text += text;
            reply.Model = update.Model ?? reply.Model;
            reply.Finish = update.FinishReason?.ToString() ?? reply.Finish;
            if (update.Usage is { } usage) (reply.Input, reply.Output) = (usage.InputTokenCount, usage.OutputTokenCount);
            foreach (var call in update.ToolCallUpdates)
            {
                if (!tools.TryGetValue(call.Index, out var tool)) tools[call.Index] = tool = (call.ToolCallId, call.FunctionName, new StringBuilder());
                tool.Arguments.Append(call.FunctionArgumentsUpdate?.ToString());
            }
            if (ask.LeaveAfter is not { } pieces || reply.Pieces < pieces) continue;
            reply.Left = true;
            await caller.CancelAsync();
        }
        reply.Tools = [.. tools.Values.Select(t => new ClientTool(t.Id, t.Name, t.Arguments.ToString()))];
    }
}
