// What a turn may cost, before it is sent (site.md CHAT-15): a guess that says what it rests on.

import type { Offered } from "../models/types";
import type { Column } from "../rooms/types";
import { messages, type Asked } from "./request";

const CHARACTERS_PER_TOKEN = 4;
const TOKENS_PER_FILE = 1200;
const TOKENS_OF_ANSWER = 500;
const MILLION = 1_000_000;

export interface Estimate {
  column: Column;
  /** null: the catalog has no price. */
  nanousd: number | null;
  promptTokens: number;
  answerTokens: number;
}

/** The guess for one column: characters by four, files at a flat rate, an answer of usual length or the limit. */
export function estimate(asked: Asked, model: Offered | undefined): Estimate {
  const promptTokens = Math.ceil(
    messages(asked).reduce((sum, message) => sum + tokensOf(message.content), 0),
  );
  const answerTokens = Math.min(TOKENS_OF_ANSWER, asked.column.settings.max_tokens ?? TOKENS_OF_ANSWER);
  const { inputNanousdPerMillion: input = null, outputNanousdPerMillion: output = null } = model ?? {};
  const nanousd =
    input === null || output === null ? null : Math.round((promptTokens * input + answerTokens * output) / MILLION);
  return { column: asked.column, nanousd, promptTokens, answerTokens };
}

function tokensOf(content: string | { type: string }[]): number {
  if (typeof content === "string") return content.length / CHARACTERS_PER_TOKEN;
  return content.reduce((sum, part) => sum + tokensOfPart(part), 0);
}

function tokensOfPart(part: { type: string; text?: unknown }): number {
  return typeof part.text === "string" ? part.text.length / CHARACTERS_PER_TOKEN : TOKENS_PER_FILE;
}
