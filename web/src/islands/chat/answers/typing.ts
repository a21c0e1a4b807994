// Text arrives faster than a screen shows it. It is gathered, and all columns are brought up to date once a frame.

import type { Answer } from "../rooms/types";

const HIDDEN_EVERY_MS = 250;

const waiting = new Set<Typing>();
let scheduled = false;

/** Gathers what arrives for one answer. */
export class Typing {
  readonly #answer: Answer;
  readonly #shown: () => void;
  #text = "";
  #reasoning = "";

  /** `shown` hears each time that the answer has grown. */
  constructor(answer: Answer, shown: () => void) {
    this.#answer = answer;
    this.#shown = shown;
  }

  text(more: string): void {
    this.#text += more;
    this.#later();
  }

  reasoning(more: string): void {
    this.#reasoning += more;
    this.#later();
  }

  /** Brings the answer up to date now. */
  flush(): void {
    waiting.delete(this);
    if (this.#text === "" && this.#reasoning === "") return;
    this.#answer.text += this.#text;
    this.#answer.reasoning += this.#reasoning;
    this.#text = this.#reasoning = "";
    this.#shown();
  }

  #later(): void {
    waiting.add(this);
    if (scheduled) return;
    scheduled = true;
    // A hidden page has no frames.
    if (document.visibilityState === "hidden") setTimeout(flushAll, HIDDEN_EVERY_MS);
    else requestAnimationFrame(flushAll);
  }
}

function flushAll(): void {
  scheduled = false;
  for (const each of [...waiting]) each.flush();
}

document.addEventListener("visibilitychange", () => {
  // A frame that was asked for before the page was hidden never comes.
  if (waiting.size > 0) flushAll();
});
