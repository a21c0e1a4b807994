// Colours for code, fetched when the first block of a language that we know is complete.

import type { Element, ElementContent, Root } from "hast";

const LENGTH_MAX = 60_000;

let library: Promise<typeof import("./languages")> | undefined;

/** Colours the text of `target`; it stays as it is when the language is unknown or the code very long. */
export async function highlight(target: HTMLElement, language: string): Promise<void> {
  const code = target.textContent ?? "";
  if (language === "" || code.length > LENGTH_MAX) return;
  library ??= import("./languages");
  const tree = (await library).colour(code, language);
  if (tree !== null && target.textContent === code) target.replaceChildren(...nodesOf(tree));
}

function nodesOf(parent: Root | Element): Node[] {
  return parent.children.flatMap((child) => (child.type === "doctype" ? [] : (nodeOf(child) ?? [])));
}

function nodeOf(child: ElementContent): Node | null {
  if (child.type === "text") return document.createTextNode(child.value);
  if (child.type === "comment") return null;
  const span = document.createElement("span");
  const names = child.properties["className"];
  if (Array.isArray(names)) span.className = names.join(" ");
  span.append(...nodesOf(child));
  return span;
}
