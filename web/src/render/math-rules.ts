// Formulas for the parser: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, all of which models write.

import type { default as MarkdownIt, StateBlock, StateInline } from "markdown-it";

type Parser = ReturnType<typeof MarkdownIt>;

const DOLLAR = 0x24;
const BACKSLASH = 0x5c;
const BLOCKS: readonly (readonly [string, string])[] = [
  ["$$", "$$"],
  ["\\[", "\\]"],
];

/** Teaches the parser the tokens `math_inline` and `math_block`; their content is TeX. */
export function addMath(parser: Parser): void {
  parser.inline.ruler.before("escape", "math_inline", inline);
  parser.block.ruler.before("fence", "math_block", block, { alt: ["paragraph", "reference", "blockquote", "list"] });
}

function inline(state: StateInline, silent: boolean): boolean {
  const start = state.src.charCodeAt(state.pos);
  if (start !== DOLLAR && start !== BACKSLASH) return false;
  const found = start === DOLLAR ? dollars(state) : brackets(state);
  if (found === null) return false;
  if (!silent) {
    const token = state.push("math_inline", "", 0);
    token.content = state.src.slice(found.from, found.to).trim();
    token.markup = found.isDisplayed ? "$$" : "$";
  }
  state.pos = found.end;
  return true;
}

interface Found {
  from: number;
  to: number;
  end: number;
  isDisplayed: boolean;
}

/** As pandoc: no space inside the dollars and no digit behind them, so that "$5 and $6" stays money. */
function dollars(state: StateInline): Found | null {
  const { src, pos, posMax } = state;
  const width = src.startsWith("$$", pos) ? 2 : 1;
  const from = pos + width;
  if (width === 1 && isSpace(src[from])) return null;
  for (let at = from; at < posMax; at++) {
    if (src[at] === "\\") {
      at++;
      continue;
    }
    if (src.charCodeAt(at) !== DOLLAR) continue;
    if (width === 2) {
      if (at + 1 < posMax && src[at + 1] === "$") return at === from ? null : { from, to: at, end: at + 2, isDisplayed: true };
      continue;
    }
    const isClosing = at > from && !isSpace(src[at - 1]) && !/\d/.test(src[at + 1] ?? "");
    return isClosing ? { from, to: at, end: at + 1, isDisplayed: false } : null;
  }
  return null;
}

function brackets(state: StateInline): Found | null {
  const opener = state.src[state.pos + 1];
  if (opener !== "(" && opener !== "[") return null;
  const from = state.pos + 2;
  const to = state.src.indexOf(opener === "(" ? "\\)" : "\\]", from);
  if (to <= from || to + 2 > state.posMax) return null;
  return { from, to, end: to + 2, isDisplayed: opener === "[" };
}

function isSpace(character: string | undefined): boolean {
  return character === undefined || /\s/.test(character);
}

/** A formula that begins a line: it goes on, over lines, to its end or to that of what it stands in. */
function block(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  const begin = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0);
  const pair = BLOCKS.find(([opener]) => state.src.startsWith(opener, begin));
  if (pair === undefined || (state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  const [opener, closer] = pair;
  const lines: string[] = [];
  let isClosed = false;
  let line = startLine;
  for (; line < endLine && !isClosed; line++) {
    const from = line === startLine ? begin + opener.length : (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
    if (line > startLine && (state.sCount[line] ?? 0) < state.blkIndent) break;
    const text = state.src.slice(from, state.eMarks[line]);
    const at = text.indexOf(closer);
    if (at >= 0 && text.slice(at + closer.length).trim() !== "") return false; // a formula within a sentence
    isClosed = at >= 0;
    lines.push(isClosed ? text.slice(0, at) : text);
  }
  if (!isClosed && opener === "$$" && lines[0]?.trim() !== "") return false;
  if (silent) return true;
  const token = state.push("math_block", "", 0);
  token.block = true;
  token.content = lines.join("\n").trim();
  token.map = [startLine, line];
  state.line = line;
  return true;
}
