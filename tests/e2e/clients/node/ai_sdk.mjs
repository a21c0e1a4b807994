// Cases for Vercel's AI SDK with OpenRouter's provider: `node ai_sdk.mjs CASE` prints what the case saw, as JSON.
import { pathToFileURL } from "node:url";
const at = (name) => pathToFileURL(`${process.env.NODE_CLIENTS}/node_modules/${name}`).href;
const { createOpenRouter } = await import(at("@openrouter/ai-sdk-provider/dist/index.js"));
const { generateObject, generateText, stepCountIs, streamText, tool } = await import(at("ai/dist/index.js"));
const { z } = await import(at("zod/index.js"));

const provider = createOpenRouter({ apiKey: process.env.KEY, baseURL: process.env.BASE_URL });
const model = provider.chat(process.env.MODEL);
const city = z.object({ city: z.string() });
const tools = {
  get_temp: tool({ description: "Temperature", inputSchema: city, execute: async ({ city }) => `7 °C in ${city}` }),
};

const cases = {
  text: async () => {
    const { text, finishReason, usage } = await generateText({ model, prompt: "Hi" });
    return { text, finishReason, usage };
  },
  stream: async () => {
    const result = streamText({ model, prompt: "Hi" });
    const pieces = [];
    for await (const piece of result.textStream) pieces.push(piece);
    return { pieces, finishReason: await result.finishReason, usage: await result.usage };
  },
  reasoning_stream: async () => {
    const result = streamText({ model, prompt: "Hi" });
    let reasoning = "";
    for await (const part of result.fullStream) if (part.type === "reasoning-delta") reasoning += part.text;
    return { reasoning, text: await result.text };
  },
  tools: async () => {
    const { text, steps } = await generateText({ model, tools, stopWhen: stepCountIs(3), prompt: "Oslo?" });
    return { text, steps: steps.length };
  },
  tools_stream: async () => {
    const result = streamText({ model, tools, stopWhen: stepCountIs(3), prompt: "Oslo?" });
    await result.consumeStream();
    return { text: await result.text, steps: (await result.steps).length };
  },
  object: async () => (await generateObject({ model, schema: city, prompt: "Which city?" })).object,
  refused: async () => {
    try {
      await generateText({ model, prompt: "Hi", maxRetries: 0 });
    } catch (error) {
      return { status: error.statusCode, message: error.message };
    }
  },
  broken_stream: async () => {
    const seen = [];
    const result = streamText({ model, prompt: "Hi", onError: ({ error }) => seen.push(String(error.message ?? error)) });
    let text = "";
    for await (const piece of result.textStream) text += piece;
    return { text, seen };
  },
};

console.log(JSON.stringify(await cases[process.argv[2]]()));
