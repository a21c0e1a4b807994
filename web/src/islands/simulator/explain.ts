import { sessionFetch } from "../../api/session";

export interface Choice {
  sort: string;
  only: string[];
  ignore: string[];
  zdr: boolean;
  /** Dollars per million tokens; empty: any. */
  maxInput: string;
  maxOutput: string;
}

export interface Endpoint {
  tag: string;
  kept: boolean;
  /** The rule that removed it. */
  droppedBy: string | null;
  /** Its places in the order of attempts. */
  attempts: number[];
}

export interface Answer {
  endpoints: Endpoint[];
  /** What the request would be answered with when nobody may serve it. */
  refusal: string | null;
}

interface Explanation {
  data: {
    refusal: { status: number; message: string } | null;
    models: { endpoints: { tag: string; kept: boolean; dropped_by: string | null; attempts: number[] }[] }[];
  };
}

/** Where a request with these preferences would go, in the name of who is signed in. Throws when nothing answers. */
export async function explain(formToken: string, model: string, choice: Choice, signal: AbortSignal): Promise<Answer> {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }], provider: preferences(choice) });
  const headers = { "Content-Type": "application/json" };
  const response = await sessionFetch({ formToken }, "/api/v1/route/explain", { method: "POST", headers, body, signal });
  if (!response.ok) throw new Error(`explain answered ${response.status}`);
  const { data } = (await response.json()) as Explanation;
  const endpoints = data.models.flatMap((each) => each.endpoints).map(({ dropped_by: droppedBy, ...rest }) => ({ ...rest, droppedBy }));
  return {
    endpoints: endpoints.sort((a, b) => place(a) - place(b)),
    refusal: data.refusal === null ? null : `${data.refusal.status}: ${data.refusal.message}`,
  };
}

/** The request's `provider` object; what was not chosen is not in it. */
export function preferences(choice: Choice): Record<string, unknown> {
  const price = { ...number("prompt", choice.maxInput), ...number("completion", choice.maxOutput) };
  return {
    ...(choice.sort === "" ? {} : { sort: choice.sort }),
    ...(choice.only.length === 0 ? {} : { only: choice.only }),
    ...(choice.ignore.length === 0 ? {} : { ignore: choice.ignore }),
    ...(choice.zdr ? { zdr: true } : {}),
    ...(Object.keys(price).length === 0 ? {} : { max_price: price }),
  };
}

function number(name: string, text: string): Record<string, number> {
  const value = Number(text);
  return text === "" || Number.isNaN(value) ? {} : { [name]: value };
}

function place(endpoint: Endpoint): number {
  return endpoint.attempts.length === 0 ? Infinity : Math.min(...endpoint.attempts);
}

/** What a rule means, in words. */
export const RULES: Record<string, string> = {
  existence: "it is gone, or not for this account",
  not_enabled: "its provider is not set up on this instance",
  sandbox: "the Sandbox never stands in for a real provider",
  access: "the account may not use this model",
  geo: "it is not offered where you are",
  region: "data would leave the region",
  training: "it may train on prompts, or publish them",
  zdr: "it keeps prompts",
  providers: "providers were chosen, and this one was not, or was ruled out",
  tier: "it is of another service tier",
  modality: "it does not take what the request has",
  quantizations: "its precision was not asked for",
  max_price: "it costs more than allowed",
  context_length: "the request is too long for it",
  require_parameters: "it does not know a parameter of the request",
  enforce_distillable_text: "its answers may not be distilled",
  soft_parameters: "others know more of the request's parameters",
};
