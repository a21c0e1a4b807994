import type { Run } from "../rooms/types";

/** What is written faster than this came at once; a speed of it would mean nothing. */
const MEASURED_MS_MIN = 50;

export interface Totals {
  generationId: string | null;
  model: string | null;
  provider: string | null;
  promptTokens: number | null;
  completionTokens: number | null;
  reasoningTokens: number;
  latency_ms: number | null;
  tokensPerSecond: number | null;
  cost_nanousd: number | null;
}

/** What an answer took and cost over all requests that were made for it; who and how fast is of the last one. */
export function totals(runs: Run[]): Totals {
  const last = runs.at(-1);
  return {
    generationId: last?.generationId ?? null,
    model: last?.model ?? null,
    provider: last?.provider ?? null,
    promptTokens: sum(runs, (run) => run.promptTokens),
    completionTokens: sum(runs, (run) => run.completionTokens),
    reasoningTokens: sum(runs, (run) => run.reasoningTokens) ?? 0,
    latency_ms: last?.latency_ms ?? null,
    tokensPerSecond: speed(last),
    cost_nanousd: sum(runs, (run) => run.cost_nanousd),
  };
}

/** null when none of them is known. */
function sum(runs: Run[], read: (run: Run) => number | null): number | null {
  const known = runs.map(read).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

function speed(run: Run | undefined): number | null {
  if (run === undefined || run.completionTokens === null || run.took_ms === null || run.latency_ms === null) return null;
  const writing_ms = run.took_ms - run.latency_ms;
  return writing_ms < MEASURED_MS_MIN || run.completionTokens < 2 ? null : (1000 * run.completionTokens) / writing_ms;
}
