// Formulas as MathML, which browsers draw and screen readers read; it needs no fonts and no styles of ours.
// The library is fetched when the first formula is seen.

import type { KatexOptions } from "katex";

const LENGTH_MAX = 4_000;
const OPTIONS: KatexOptions = {
  output: "mathml",
  throwOnError: true,
  strict: "ignore",
  trust: false,
  maxExpand: 200,
  maxSize: 20,
};

let katex: Promise<typeof import("katex").default> | undefined;

/** The formula; its TeX stands there until it is drawn, and stays where it cannot be. */
export function formula(tex: string, isDisplayed: boolean): HTMLElement {
  const element = document.createElement(isDisplayed ? "div" : "span");
  element.className = isDisplayed ? "math math-block" : "math";
  if (isDisplayed) element.tabIndex = 0; // it may be wider than its box, and scrolls
  element.textContent = tex;
  if (tex.length <= LENGTH_MAX) void draw(element, tex, isDisplayed);
  return element;
}

async function draw(element: HTMLElement, tex: string, displayMode: boolean): Promise<void> {
  try {
    katex ??= import("katex").then((module) => module.default);
    (await katex).render(tex, element, { ...OPTIONS, displayMode });
  } catch {
    element.textContent = tex;
    element.classList.add("math-broken");
  }
}
