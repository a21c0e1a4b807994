// Cases for the official TypeScript SDK: `node openrouter_sdk.mjs CASE` prints what the case saw, as JSON.
import { pathToFileURL } from "node:url";
const at = (name) => pathToFileURL(`${process.env.NODE_CLIENTS}/node_modules/${name}`).href;
const { OpenRouter } = await import(at("@openrouter/sdk/esm/index.js"));

const model = process.env.MODEL;
const client = new OpenRouter({ apiKey: process.env.KEY, serverURL: process.env.BASE_URL });
const management = new OpenRouter({ apiKey: process.env.MANAGEMENT_KEY, serverURL: process.env.BASE_URL });
const messages = [{ role: "user", content: "Oslo?" }];
const parameters = { type: "object", properties: { city: { type: "string" } } };
const tools = [{ type: "function", function: { name: "get_temp", parameters } }];

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

async function firstPage(pages) {
  for await (const page of pages) return page.result;
}

const cases = {
  chat: () => client.chat.send({ chatRequest: { model, messages } }),
  chat_stream: async () => all(await client.chat.send({ chatRequest: { model, messages, stream: true } })),
  chat_tools: () => client.chat.send({ chatRequest: { model, messages, tools } }),
  chat_tools_stream: async () =>
    all(await client.chat.send({ chatRequest: { model, messages, tools, stream: true } })),
  chat_refused: async () => {
    try {
      await client.chat.send({ chatRequest: { model, messages } }, { retries: { strategy: "none" } });
    } catch (error) {
      return { name: error.constructor.name, status: error.statusCode, message: error.message };
    }
  },
  responses: () => client.responses.send({ responsesRequest: { model, input: "Oslo?" } }),
  responses_stream: async () =>
    all(await client.responses.send({ responsesRequest: { model, input: "Oslo?", stream: true } })),
  generation: async () => {
    const answer = await client.chat.send({ chatRequest: { model, messages } });
    return client.generations.getGeneration({ id: answer.id });
  },
  models: () => client.models.list().then(firstPage),
  model: () => client.models.get({ author: "openai", slug: "gpt-5-nano" }),
  endpoints: () => client.endpoints.list({ author: "openai", slug: "gpt-5-nano" }),
  providers: () => client.providers.list(),
  key: () => client.apiKeys.getCurrentKeyMetadata(),
  credits: () => management.credits.getCredits(),
  keys: async () => {
    const made = await management.apiKeys.create({ requestBody: { name: "from node", limit: 1 } });
    const hash = made.data.hash;
    const read = await management.apiKeys.get({ hash });
    await management.apiKeys.update({ hash, requestBody: { name: "renamed" } });
    const gone = await management.apiKeys.delete({ hash });
    return { made, read, gone };
  },
};

console.log(JSON.stringify(await cases[process.argv[2]]()));
