import { sessionFetch, type Session } from "../../api/session";

/** What the chat reads of a generation's record. `total_cost` is US dollars. */
export interface GenerationRecord {
  model: string;
  provider_name: string | null;
  native_tokens_prompt: number | null;
  native_tokens_completion: number | null;
  total_cost: number;
  /** Both empty while it still runs: then the cost is not known. */
  finish_reason: string | null;
  cancelled: boolean;
}

const RECORD_TRIES = 5;
const RECORD_PAUSE_MS = 700;

/** The instance's API, called as the person who is signed in (site.md CHAT-23). */
export class ChatApi {
  readonly session: Session;
  readonly #account: string;

  constructor(account: string, session: Session) {
    this.#account = account;
    this.session = session;
  }

  /** Asks a model. The answer streams; any status may come. Throws TypeError when nothing answers. */
  async complete(body: Record<string, unknown>, signal: AbortSignal): Promise<Response> {
    const response = await this.#ask(body, signal);
    const isRefused = response.status === 401 || response.status === 403;
    return isRefused && (await this.#renew()) ? this.#ask(body, signal) : response;
  }

  #ask(body: Record<string, unknown>, signal: AbortSignal): Promise<Response> {
    return sessionFetch(this.session, "/api/v1/chat/completions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
  }

  /** The record of a generation, once it has ended; undefined when it does not end soon. */
  async generation(id: string): Promise<GenerationRecord | undefined> {
    for (let tried = 0; tried < RECORD_TRIES; tried += 1) {
      await new Promise((resolve) => setTimeout(resolve, RECORD_PAUSE_MS * (tried + 1)));
      const found = await this.#read(`/api/v1/generation?id=${encodeURIComponent(id)}`);
      if (found !== undefined && (found.finish_reason !== null || found.cancelled)) return found;
    }
    return undefined;
  }

  /** Says what was wrong with an answer (GEN-17). */
  async report(generationId: string, category: string, comment: string): Promise<boolean> {
    const response = await sessionFetch(this.session, "/api/v1/generation/feedback", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ generation_id: generationId, category, ...(comment === "" ? {} : { comment }) }),
    });
    return response.ok;
  }

  /** Somebody who signed in again, in another tab, has a new session: whether this page goes on with that. */
  async #renew(): Promise<boolean> {
    const response = await fetch("/chat/session.json");
    const now = response.ok ? ((await response.json()) as { account: string; formToken: string } | null) : null;
    if (now === null || now.account !== this.#account || now.formToken === this.session.formToken) return false;
    this.session.formToken = now.formToken;
    return true;
  }

  async #read(path: string): Promise<GenerationRecord | undefined> {
    try {
      const response = await sessionFetch(this.session, path);
      if (!response.ok) return undefined;
      return ((await response.json()) as { data: GenerationRecord }).data;
    } catch {
      return undefined; // Away: the caller tries again, then goes without.
    }
  }
}
