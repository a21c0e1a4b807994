// A text that grows: what is settled is never parsed nor touched again, only its last blocks are.

import type { Env } from "markdown-it";
import { type Artifact, CodeBlock, languageOf } from "./code-block";
import { codeOf, nodesOf } from "./nodes";
import { type Block, blocksOf } from "./parser";
import { type Source, Sources } from "./sources";

export interface MarkdownOptions {
  /** More is to come: the last block is not complete. */
  isStreaming?: boolean;
  sources?: readonly Source[];
  /** Offers Run on code that can be an artifact. */
  onArtifact?: (artifact: Artifact) => void;
}

const DEFINITION = /^ {0,3}\[[^\]]+\]:/m;

interface Shown {
  source: string;
  nodes: readonly Node[];
  /** Set while the block is code that may still grow. */
  growing: CodeBlock | null;
  /** Of a long list that still grows: how many of its items are settled. */
  kept: number;
}

/** So many items of a list are settled at once. */
const ITEMS_AT_ONCE = 8;

/** What stands in one element. */
export class Markdown {
  private text = "";
  private isWhole = false;
  private shown: Shown[] = [];
  /** How many blocks are settled, and where the text behind them begins. */
  private settled = 0;
  private settledEnd = 0;
  private env: Env = {};
  private sources = new Sources([]);
  private sourcesKey = "[]";
  private list: HTMLElement | null = null;

  constructor(private readonly target: HTMLElement) {
    target.replaceChildren();
  }

  /** Shows the whole of `text`. */
  show(text: string, options: MarkdownOptions): void {
    const given = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
    this.cite(options.sources ?? []);
    const isStreaming = options.isStreaming === true;
    if (given === this.text && this.isWhole && !isStreaming) return;
    const goesOn = isStreaming && given.startsWith(this.text.slice(0, this.settledEnd));
    if (!goesOn) this.unsettle(given);
    this.text = given;
    const blocks = blocksOf(given.slice(this.settledEnd), this.env);
    const last = isStreaming ? blocks.at(-1) : undefined;
    blocks.forEach((block, index) => this.place(this.settled + index, block, block === last, options.onArtifact));
    for (const gone of this.shown.splice(this.settled + blocks.length)) remove(gone);
    if (isStreaming) this.settle(blocks);
    this.isWhole = !isStreaming;
  }

  /** Everything may change, but blocks of the same text stay, unless links are defined: early ones may use late ones. */
  private unsettle(text: string): void {
    if (DEFINITION.test(text)) this.forget();
    for (const block of this.shown) block.kept = 0;
    this.env = {};
    this.settled = 0;
    this.settledEnd = 0;
  }

  private forget(): void {
    for (const block of this.shown.splice(0)) remove(block);
    this.settled = 0;
    this.settledEnd = 0;
  }

  private cite(sources: readonly Source[]): void {
    const key = JSON.stringify(sources);
    if (key === this.sourcesKey) return;
    this.sourcesKey = key;
    this.sources = new Sources(sources);
    this.isWhole = false;
    this.forget();
    this.list?.remove();
    this.list = this.sources.list();
    if (this.list !== null) this.target.append(this.list);
  }

  private place(index: number, block: Block, isOpen: boolean, onArtifact: MarkdownOptions["onArtifact"]): void {
    const there = this.shown[index];
    const fence = block.tokens[0]?.type === "fence" ? block.tokens[0] : undefined;
    if (there !== undefined && there.growing !== null && fence !== undefined) {
      if (there.growing.language === languageOf(fence.info)) {
        there.growing.show(codeOf(fence));
        there.source = block.source;
        if (!isOpen) end(there);
        return;
      }
    }
    if (there !== undefined && there.growing === null && there.source === block.source) return;
    const around = { sources: this.sources, onArtifact };
    if (there !== undefined && there.kept > 0) {
      lengthen(there, nodesOf(block.tokens, around));
      return;
    }
    let made: Shown;
    if (isOpen && fence !== undefined) {
      const growing = new CodeBlock(languageOf(fence.info), onArtifact);
      growing.show(codeOf(fence));
      made = { source: block.source, nodes: [growing.element], growing, kept: 0 };
    } else {
      made = { source: block.source, nodes: nodesOf(block.tokens, around), growing: null, kept: 0 };
    }
    const next = there?.nodes[0] ?? this.list;
    for (const node of made.nodes) this.target.insertBefore(node, next);
    if (there !== undefined) remove(there);
    this.shown[index] = made;
  }

  /** A block is settled when two whole lines follow that belong to the next: until then they may join it after all. */
  private settle(blocks: readonly Block[]): void {
    const parsedFrom = this.settledEnd;
    const next = blocks.findLast((block, index) => index > 0 && block.secondLineEnd > 0);
    if (next !== undefined) {
      this.settled += blocks.indexOf(next);
      this.settledEnd = parsedFrom + next.start;
    }
    const first = next ?? blocks[0];
    if (first !== undefined && first === blocks.at(-1)) this.settleItems(first, parsedFrom);
  }

  /** Of a long list all items are settled but the last two. The end shows it whole again: it may have become loose. */
  private settleItems(list: Block, parsedFrom: number): void {
    const shown = this.shown[this.settled];
    const count = list.items.length - 2;
    const begin = list.items[count];
    if (shown === undefined || begin === undefined || count < ITEMS_AT_ONCE) return;
    shown.kept += count;
    shown.source = "";
    this.settledEnd = parsedFrom + begin;
  }
}

/** Puts the items of `rest`, a list, behind those of a list that are settled. */
function lengthen(shown: Shown, rest: readonly Node[]): void {
  const [list] = shown.nodes;
  if (list === undefined) return;
  while (list.childNodes.length > shown.kept) list.lastChild?.remove();
  for (const node of rest) while (node.firstChild !== null) list.appendChild(node.firstChild);
}

function remove(block: Shown): void {
  for (const node of block.nodes) node.parentNode?.removeChild(node);
}

function end(block: Shown): void {
  block.growing?.finish();
  block.growing = null;
}
