// An answer as the API streams it: server-sent events, each a chunk of JSON.

/** The members of a chunk that the chat reads. */
export interface Chunk {
  id?: string;
  model?: string;
  provider?: string;
  choices?: { delta?: Delta; finish_reason?: string | null }[];
  usage?: Usage;
  error?: ErrorBody;
}

export interface Delta {
  content?: string | null;
  reasoning?: string | null;
  tool_calls?: { index?: number; id?: string; function?: { name?: string; arguments?: string } }[];
  images?: { image_url?: { url?: string } }[];
  annotations?: { url_citation?: { url?: string; title?: string } }[];
}

export interface Usage {
  prompt_tokens?: number;
  completion_tokens?: number;
  /** US dollars. */
  cost?: number;
  completion_tokens_details?: { reasoning_tokens?: number };
}

export interface ErrorBody {
  code?: number;
  message?: string;
  metadata?: { error_type?: string; provider_name?: string };
  availability?: { code?: string; retry_after?: number };
}

/** The stream ended without saying that it was complete. */
export class BrokenOff extends Error {}

/** The chunks of a body. Throws BrokenOff when it ends before `[DONE]`, and what the network throws. */
export async function* chunks(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Chunk> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new BrokenOff("the stream ended early");
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data:")) continue; // a comment that keeps the connection open, or the end of an event
      const data = line.slice("data:".length).trim();
      if (data === "[DONE]") {
        await reader.cancel();
        return;
      }
      yield JSON.parse(data) as Chunk;
    }
  }
}
