// Text of models as a page shows it: Markdown, code, tables, formulas, sources, artifacts.

import { Markdown, type MarkdownOptions } from "./incremental";

export { showArtifact } from "./artifact";
export type { Artifact } from "./code-block";
export type { MarkdownOptions } from "./incremental";
export type { Source } from "./sources";
export { type Stream, streamMarkdown } from "./stream";

const shown = new WeakMap<HTMLElement, Markdown>();

/** Shows `text` in `target`, which belongs to this from then on. Call it again as the text grows. */
export function renderMarkdown(target: HTMLElement, text: string, options: MarkdownOptions = {}): void {
  let markdown = shown.get(target);
  if (markdown === undefined) shown.set(target, (markdown = new Markdown(target)));
  markdown.show(text, options);
}
