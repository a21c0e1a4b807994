// Painting while text streams in: once a frame at most, and all columns of a page together within one budget.

import { Markdown, type MarkdownOptions } from "./incremental";
import type { Source } from "./sources";

/** Of a frame's 16 ms, what painting may take; the rest is the browser's and the page's. */
const FRAME_BUDGET_MS = 7;
/** A column that is slow to paint waits this many times as long as it took. */
const REST = 3;
/** How often a page that nobody sees is painted: browsers give it no frames. */
const HIDDEN_MS = 500;

class Column {
  text = "";
  notBefore = 0;

  constructor(
    readonly markdown: Markdown,
    readonly options: MarkdownOptions,
  ) {}

  paint(): void {
    const began = performance.now();
    this.markdown.show(this.text, { ...this.options, isStreaming: true });
    const now = performance.now();
    this.notBefore = now + REST * (now - began);
  }
}

const waiting = new Set<Column>();
let isAsked = false;

function askForFrame(): void {
  if (isAsked) return;
  isAsked = true;
  if (document.hidden) setTimeout(paintWaiting, HIDDEN_MS);
  else requestAnimationFrame(paintWaiting);
}

function paintWaiting(): void {
  isAsked = false;
  const began = performance.now();
  for (const column of [...waiting]) {
    const now = performance.now();
    if (now - began > FRAME_BUDGET_MS) break;
    if (now < column.notBefore) continue;
    waiting.delete(column); // and behind all others when it comes again
    column.paint();
  }
  if (waiting.size > 0) askForFrame();
}

export interface Stream {
  /** The whole text so far. */
  show(text: string): void;
  /** The whole text, for good. */
  end(text: string, sources?: readonly Source[]): void;
}

/** A text that streams into `target`. */
export function streamMarkdown(target: HTMLElement, options: Omit<MarkdownOptions, "isStreaming"> = {}): Stream {
  const column = new Column(new Markdown(target), options);
  return {
    show(text) {
      column.text = text;
      waiting.add(column);
      askForFrame();
    },
    end(text, sources) {
      waiting.delete(column);
      column.markdown.show(text, { ...options, ...(sources === undefined ? {} : { sources }) });
    },
  };
}
