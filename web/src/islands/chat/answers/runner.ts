import type { ChatApi } from "../api";
import type { Answer, Run } from "../rooms/types";
import { failureFrom, failureOf, failureOfNetwork } from "./failures";
import { nanousd } from "./numbers";
import { BrokenOff, chunks, type Chunk, type Delta } from "./stream";
import { Typing } from "./typing";

/** Who hears what becomes of an answer. */
export interface Listener {
  /** It grew or changed: save it soon. */
  changed(): void;
  /** What this request cost became known. */
  paid(nanousd: number): void;
}

/** Makes the requests of answers and lets them be stopped, each for itself. */
export class Runner {
  readonly #api: ChatApi;
  readonly #running = new Map<string, AbortController>();

  constructor(api: ChatApi) {
    this.#api = api;
  }

  /** Asks, and fills the answer until it ends, in whatever way. `answer` and `run` are the live ones of a room. */
  async run(answer: Answer, run: Run, body: Record<string, unknown>, listener: Listener): Promise<void> {
    const stopping = new AbortController();
    this.#running.set(answer.id, stopping);
    const typing = new Typing(answer, listener.changed);
    const began = performance.now();
    const hadText = answer.text !== "";
    try {
      const response = await this.#api.complete(body, stopping.signal);
      run.generationId = response.headers.get("x-generation-id");
      if (!response.ok || response.body === null) {
        answer.failure = await failureOf(response);
        answer.state = "failed";
        return;
      }
      answer.state = "streaming";
      for await (const chunk of chunks(response.body)) {
        run.latency_ms ??= isAnswer(chunk) ? performance.now() - began : null;
        take(chunk, answer, run, typing, began);
        if (chunk.usage?.cost !== undefined) listener.paid(run.cost_nanousd ?? 0);
      }
      answer.state = answer.failure === null ? "done" : "failed";
    } catch (reason) {
      if (stopping.signal.aborted) answer.state = "stopped";
      else fail(answer, reason, hadText);
    } finally {
      typing.flush();
      run.took_ms = performance.now() - began;
      this.#running.delete(answer.id);
      listener.changed();
      if (run.cost_nanousd === null && run.generationId !== null) void this.lookUp(run, listener);
    }
  }

  stop(answerId: string): void {
    this.#running.get(answerId)?.abort();
  }

  /** Completes a run that ended early from the instance's own record: it knows what was charged. */
  async lookUp(run: Run, listener: Listener): Promise<void> {
    if (run.generationId === null) return;
    const record = await this.#api.generation(run.generationId);
    if (record === undefined || run.cost_nanousd !== null) return;
    run.model = record.model;
    run.provider = record.provider_name;
    run.promptTokens = record.native_tokens_prompt;
    run.completionTokens = record.native_tokens_completion;
    run.cost_nanousd = nanousd(record.total_cost);
    listener.paid(run.cost_nanousd);
    listener.changed();
  }
}

function fail(answer: Answer, reason: unknown, hadText: boolean): void {
  if (!(reason instanceof BrokenOff || reason instanceof TypeError || reason instanceof SyntaxError)) throw reason;
  answer.failure = failureOfNetwork(hadText || answer.text !== "" || answer.reasoning !== "");
  answer.state = "failed";
}

function isAnswer(chunk: Chunk): boolean {
  const delta = chunk.choices?.[0]?.delta;
  return Boolean(delta?.content || delta?.reasoning || delta?.tool_calls || delta?.images);
}

function take(chunk: Chunk, answer: Answer, run: Run, typing: Typing, began: number): void {
  run.generationId ??= chunk.id ?? null;
  run.model = chunk.model ?? run.model;
  run.provider = chunk.provider ?? run.provider;
  if (chunk.error !== undefined) {
    answer.failure = failureFrom(chunk.error, 502);
    run.cost_nanousd = 0; // what a provider failed at is not charged
  }
  const choice = chunk.choices?.[0];
  if (choice?.finish_reason) run.finish = choice.finish_reason;
  if (choice?.delta !== undefined) takeDelta(choice.delta, answer, typing, began);
  if (chunk.usage !== undefined) {
    run.promptTokens = chunk.usage.prompt_tokens ?? null;
    run.completionTokens = chunk.usage.completion_tokens ?? null;
    run.reasoningTokens = chunk.usage.completion_tokens_details?.reasoning_tokens ?? null;
    run.cost_nanousd = nanousd(chunk.usage.cost ?? 0);
  }
}

function takeDelta(delta: Delta, answer: Answer, typing: Typing, began: number): void {
  if (delta.reasoning) {
    typing.reasoning(delta.reasoning);
    answer.reasoned_ms = performance.now() - began;
  }
  if (delta.content) typing.text(delta.content);
  for (const call of delta.tool_calls ?? []) takeCall(call, answer);
  for (const image of delta.images ?? []) if (image.image_url?.url) answer.images.push(image.image_url.url);
  for (const { url_citation: cited } of delta.annotations ?? []) {
    if (cited?.url) answer.sources.push({ url: cited.url, title: cited.title ?? cited.url });
  }
}

type CallDelta = NonNullable<Delta["tool_calls"]>[number];

/** A call comes in pieces: the first has the name, all have some of the arguments. */
function takeCall(delta: CallDelta, answer: Answer): void {
  const at = delta.index ?? answer.tools.length;
  answer.tools[at] ??= { id: delta.id ?? "", name: "", arguments: "" };
  const call = answer.tools[at];
  if (call === undefined) return;
  call.name += delta.function?.name ?? "";
  call.arguments += delta.function?.arguments ?? "";
}
