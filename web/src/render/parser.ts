// Markdown to tokens, cut into its top-level blocks. HTML in the text is text.

import MarkdownIt, { type Env, type Token } from "markdown-it";
import { addMath } from "./math-rules";

const NESTING_MAX = 30;

const parser = MarkdownIt("default", { html: false, linkify: true, typographer: false, maxNesting: NESTING_MAX });
// A name with a dot is no link: models write file names all the time.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
// What a link may lead to is decided where it is made (links.ts), so that a refused one keeps its words.
parser.validateLink = () => true;
addMath(parser);

export interface Block {
  tokens: Token[];
  /** Its own text; two blocks of equal text look the same. */
  source: string;
  /** Where it begins, and the ends of its first and second line: 0 where the text ends before. */
  start: number;
  firstLineEnd: number;
  secondLineEnd: number;
  /** Of a list: where its items begin. */
  items: number[];
}

/** The blocks of `text`, which has no carriage returns. `env` collects the definitions of links. */
export function blocksOf(text: string, env: Env): Block[] {
  const starts = lineStarts(text);
  const blocks: Block[] = [];
  let depth = 0;
  for (const token of parser.parse(text, env)) {
    if (depth === 0) {
      const [from, to] = token.map ?? [0, 0];
      const start = starts[from] ?? text.length;
      blocks.push({
        tokens: [],
        source: text.slice(start, starts[to] ?? text.length).trimEnd(),
        start,
        firstLineEnd: starts[from + 1] ?? 0,
        secondLineEnd: starts[from + 2] ?? 0,
        items: [],
      });
    } else if (depth === 1 && token.type === "list_item_open") {
      blocks.at(-1)?.items.push(starts[token.map?.[0] ?? 0] ?? 0);
    }
    blocks.at(-1)?.tokens.push(token);
    depth += token.nesting;
  }
  return blocks;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
