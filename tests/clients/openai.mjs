import OpenAI from 'openai';
import { prompt, schema, serve, toolResult, tools, turns } from './driver.mjs';

const connect = (url, token) => new OpenAI({ baseURL: `${url}/v1`, apiKey: token });

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
  messages.push(message);
  for (const call of message.tool_calls) {
    messages.push({ role: 'tool', tool_call_id: call.id, content: toolResult(JSON.parse(call.function.arguments)) });
  }
  await complete(client, ask, reply, messages);
}

async function complete(client, ask, reply, messages) {
  const request = { model: ask.model, messages };
  if (ask.session) request.user = ask.session;
  if (ask.tools) request.tools = tools.map(([name, description, parameters]) => ({ type: 'function', function: { name, description, parameters } }));
  if (ask.schema) request.response_format = { type: 'json_schema', json_schema: { name: 'city', schema, strict: true } };
  const completion = ask.stream ? await stream(client, ask, reply, request)
    : ask.schema ? await client.chat.completions.parse(request)
    : await client.chat.completions.create(request);
  if (!completion) return undefined;
  const [{ message, finish_reason }] = completion.choices;
  Object.assign(reply, {
    text: message.content ?? '', finish: finish_reason, model: completion.model,
    input: completion.usage?.prompt_tokens, output: completion.usage?.completion_tokens,
    tools: (message.tool_calls ?? []).map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments })),
  });
  return message;
}

async function stream(client, ask, reply, request) {
  request.stream_options = { include_usage: true };
  if (ask.helper) {
    const helper = client.chat.completions.stream(request);
    helper.on('content', (delta) => { reply.pieces++; reply.text += delta; });
    return helper.finalChatCompletion();
  }
  const caller = new AbortController();
  const chunks = await client.chat.completions.create({ ...request, stream: true }, { signal: caller.signal });
  const message = { role: 'assistant', content: '' };
  const whole = { choices: [{ message, finish_reason: null }] };
  for await (const chunk of chunks) {
    whole.model = chunk.model;
    whole.usage = chunk.usage ?? whole.usage;
    for (const { delta, finish_reason } of chunk.choices) {
      if (delta.content) { reply.pieces++; message.content += delta.content; reply.text = message.content; }
      for (const call of delta.tool_calls ?? []) add(message.tool_calls ??= [], call);
      whole.choices[0].finish_reason = finish_reason ?? whole.choices[0].finish_reason;
    }
    if (ask.leaveAfter && reply.pieces >= ask.leaveAfter) {
      reply.left = true;
      caller.abort();
    }
  }
  return whole;
}

function add(calls, { index, id, function: f }) {
  const call = calls[index] ??= { id: '', type: 'function', function: { name: '', arguments: '' } };
  call.id += id ?? '';
  call.function.name += f?.name ?? '';
  call.function.arguments += f?.arguments ?? '';
}

await serve(connect, play);
