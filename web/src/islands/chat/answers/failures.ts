// What went wrong, and what it means in plain words with what can be done (site.md CHAT-20).

import type { Failure } from "../rooms/types";
import type { ErrorBody } from "./stream";

const DEFAULT_WAIT_S = 10;

/** The failure of a response that is no answer. */
export async function failureOf(response: Response): Promise<Failure> {
  let error: ErrorBody = {};
  try {
    error = ((await response.json()) as { error?: ErrorBody }).error ?? {};
  } catch {
    // Something in between answered, a proxy perhaps: the status is all there is.
  }
  return failureFrom(error, response.status, response.headers);
}

/** The failure that stands in an error object. */
export function failureFrom(error: ErrorBody, status: number, headers?: Headers): Failure {
  const wait_s = Number(headers?.get("retry-after") ?? error.availability?.retry_after ?? DEFAULT_WAIT_S);
  return {
    status: error.code ?? status,
    type: error.metadata?.error_type ?? "server",
    code: error.availability?.code ?? null,
    message: error.message ?? `The instance answered ${status}.`,
    provider: error.metadata?.provider_name ?? headers?.get("x-provider-name") ?? null,
    requestId: headers?.get("x-request-id") ?? null,
    retryAt_ms: (error.code ?? status) === 429 ? Date.now() + 1000 * (wait_s || DEFAULT_WAIT_S) : null,
  };
}

/** Nothing answered at all, or the connection broke. */
export function failureOfNetwork(hadText: boolean): Failure {
  return {
    status: 0,
    type: hadText ? "broken_off" : "unreachable",
    code: null,
    message: hadText ? "The connection broke before the answer was complete." : "The instance does not answer.",
    provider: null,
    requestId: null,
    retryAt_ms: null,
  };
}

export type Remedy = "retry" | "other-provider" | "settings" | "other-model";

export interface Advice {
  title: string;
  /** What can be done, besides the remedies. */
  text: string;
  link: { href: string; text: string } | null;
  remedies: Remedy[];
}

/** A failure in plain words. */
export function adviceOn(failure: Failure): Advice {
  if (failure.code === "privacy_restricted") {
    return {
      title: "No provider fits your data policy",
      text: "Every provider of this model is excluded by a rule on what happens to prompts.",
      link: { href: "/docs/guide/errors#privacy_restricted", text: "About data policies" },
      remedies: ["other-model"],
    };
  }
  return BY_STATUS[failure.status] ?? (failure.status >= 500 ? UPSTREAM : REFUSED);
}

const UPSTREAM: Advice = {
  title: "The provider failed",
  text: "It usually passes. Another provider may do better.",
  link: { href: "/status", text: "Status" },
  remedies: ["retry", "other-provider", "other-model"],
};

const REFUSED: Advice = {
  title: "The request was refused",
  text: "Something in it does not suit this model: its settings, an attachment, or its length.",
  link: { href: "/docs/guide/errors", text: "What errors mean" },
  remedies: ["settings", "other-model", "retry"],
};

const BY_STATUS: Record<number, Advice> = {
  0: {
    title: "No connection",
    text: "Your prompt and what has arrived are kept. Try again when the connection is back.",
    link: null,
    remedies: ["retry"],
  },
  401: {
    title: "You are signed out",
    text: "Sign in in the new tab, then come back here and try again. Nothing you typed is lost.",
    link: { href: "/sign-in?next=/chat", text: "Sign in" },
    remedies: ["retry"],
  },
  402: {
    title: "Not enough credits",
    text: "Add credits, or set a lower limit of output tokens so that the answer costs less.",
    link: { href: "/settings/credits", text: "Add credits" },
    remedies: ["settings", "retry"],
  },
  403: {
    title: "A rule does not allow this",
    text: "Ask whoever runs this instance to change the rule, or choose another model.",
    link: null,
    remedies: ["other-model"],
  },
  404: {
    title: "Nobody can serve this model now",
    text: "It is not offered here, or what the request demands leaves no provider.",
    link: { href: "/docs/guide/errors#when-a-valid-request-could-not-be-served", text: "Why that happens" },
    remedies: ["other-model", "settings"],
  },
  429: {
    title: "Too many requests",
    text: "The provider asks to wait.",
    link: null,
    remedies: ["retry", "other-provider", "other-model"],
  },
};
