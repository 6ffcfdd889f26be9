// Runs what the tests ask for with one official client, all of it at once, and prints one JSON line for each.
// In: {url, token, asks: [{name, act, model, stream, helper, tools, schema, leaveAfter, token, session, turns}]}.

export const prompt = 'Say the sixty words.';

const weather = {
  type: 'object',
  properties: { city: { type: 'string' }, unit: { type: 'string' }, days: { type: 'integer' } },
  required: ['city'],
};

/** The tools every client offers: [name, description, JSON Schema]. */
export const tools = [
  ['get_weather', 'The weather of a city.', weather],
  ['ping', 'Answers pong.', { type: 'object', properties: {} }],
];

export const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, population: { type: 'integer' } },
  required: ['city', 'population'],
  additionalProperties: false,
};

/** What the tools return. */
export const toolResult = (args) => `It is 18 degrees in ${args.city}.`;

/** Says one thing after the other, each alone; the reply has all texts and who gave them. */
export async function turns(ask, reply, complete) {
  const texts = [];
  for (const text of ask.turns) {
    reply.text = '';
    await complete([{ role: 'user', content: text }]);
    texts.push(reply.text);
    reply.models.push(reply.model);
  }
  reply.text = texts.join('\n---\n');
}

function describe(error) {
  return {
    type: error?.constructor?.name ?? typeof error,
    status: error?.status ?? null,
    message: String(error?.message ?? error),
    retryAfter: error?.headers?.get?.('retry-after') ?? null,
  };
}

async function readInput() {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

/** @param connect (url, token) => client, as the client's own documentation says. @param play (client, ask, reply) => Promise */
export async function serve(connect, play) {
  const { url, token, asks } = await readInput();
  const client = connect(url, token);
  await Promise.all(asks.map(async (ask) => {
    const reply = { name: ask.name, text: '', pieces: 0, tools: [], models: [] };
    try {
      await play(ask.token ? connect(url, ask.token) : client, ask, reply);
    } catch (error) {
      reply.error = describe(error);
    }
    console.log(JSON.stringify(reply));
  }));
}
