import Anthropic from '@anthropic-ai/sdk';
import { prompt, schema, serve, toolResult, tools, turns } from './driver.mjs';

const connect = (url, token) => new Anthropic({ baseURL: url, apiKey: token });

async function play(client, ask, reply) {
  switch (ask.act) {
    case 'listModels':
      for await (const model of client.models.list()) reply.models.push(model.id);
      return;
    case 'showModel':
      reply.models.push((await client.models.retrieve(ask.model)).id);
      return;
    case 'toolLoop': return toolLoop(client, ask, reply);
    case 'turns': return turns(ask, reply, (messages) => complete(client, ask, reply, messages));
    default: await complete(client, ask, reply, [{ role: 'user', content: prompt }]);
  }
}

async function toolLoop(client, ask, reply) {
  const messages = [{ role: 'user', content: prompt }];
  const message = await complete(client, ask, reply, messages);
  messages.push({ role: 'assistant', content: message.content });
  messages.push({
    role: 'user',
    content: message.content.filter((block) => block.type === 'tool_use')
      .map((block) => ({ type: 'tool_result', tool_use_id: block.id, content: toolResult(block.input) })),
  });
  await complete(client, ask, reply, messages);
}

async function complete(client, ask, reply, messages) {
  const request = { model: ask.model, max_tokens: 1000, messages };
  if (ask.session) request.metadata = { user_id: ask.session };
  if (ask.tools) request.tools = tools.map(([name, description, input_schema]) => ({ name, description, input_schema }));
  if (ask.schema) request.output_config = { format: { type: 'json_schema', schema } };
  const message = ask.stream ? await stream(client, ask, reply, request)
    : ask.schema ? await client.messages.parse(request)
    : await client.messages.create(request);
  Object.assign(reply, {
    text: message.content.map((block) => block.text ?? '').join(''), finish: message.stop_reason, model: message.model,
    input: message.usage?.input_tokens, output: message.usage?.output_tokens,
    tools: message.content.filter((block) => block.type === 'tool_use')
      .map((block) => ({ id: block.id, name: block.name, arguments: JSON.stringify(block.input) })),
  });
  return message;
}

async function stream(client, ask, reply, request) {
  if (ask.helper) {
    const helper = client.messages.stream(request);
    helper.on('text', (delta) => { reply.pieces++; reply.text += delta; });
    return helper.finalMessage();
  }
  const caller = new AbortController();
  const events = await client.messages.create({ ...request, stream: true }, { signal: caller.signal });
  const message = { content: [], usage: {} };
  let json = '';
  for await (const event of events) {
    switch (event.type) {
      case 'message_start': Object.assign(message, event.message, { content: [] }); break;
      case 'content_block_start': message.content.push({ ...event.content_block }); json = ''; break;
      case 'content_block_delta':
        if (event.delta.type === 'text_delta') { reply.pieces++; message.content.at(-1).text += event.delta.text; reply.text += event.delta.text; }
        if (event.delta.type === 'input_json_delta') json += event.delta.partial_json;
        break;
      case 'content_block_stop':
        if (message.content.at(-1).type === 'tool_use') message.content.at(-1).input = JSON.parse(json || '{}');
        break;
      case 'message_delta':
        message.stop_reason = event.delta.stop_reason;
        Object.assign(message.usage, event.usage);
        break;
    }
    if (ask.leaveAfter && reply.pieces >= ask.leaveAfter) {
      reply.left = true;
      caller.abort();
    }
  }
  return message;
}

await serve(connect, play);
