// Tokens to DOM nodes. Only the elements named here are ever made, and no HTML string is: there is nothing to sanitise.

import type { Token } from "markdown-it";
import { type Artifact, CodeBlock, languageOf } from "./code-block";
import { foreignLink, safeLink, safePicture } from "./links";
import { formula } from "./math";
import { hostOf, type Sources } from "./sources";

export interface Surroundings {
  sources: Sources;
  onArtifact: ((artifact: Artifact) => void) | undefined;
}

/** Headings of an answer stand below those of the page. */
const HEADINGS: Readonly<Record<string, string>> = { h1: "h3", h2: "h4", h3: "h5", h4: "h6", h5: "h6", h6: "h6" };
const PLAIN: Readonly<Record<string, string>> = {
  paragraph_open: "p",
  blockquote_open: "blockquote",
  bullet_list_open: "ul",
  list_item_open: "li",
  thead_open: "thead",
  tbody_open: "tbody",
  tr_open: "tr",
  em_open: "em",
  strong_open: "strong",
  s_open: "s",
};
const TASK = /^\[([ xX])\]\s+/;

/** The nodes of a flat list of tokens. */
export function nodesOf(tokens: readonly Token[], around: Surroundings): Node[] {
  const root = document.createDocumentFragment();
  const open: Node[] = [root];
  for (const token of tokens) {
    const parent = open.at(-1) ?? root;
    if (token.nesting === 1) {
      open.push(token.hidden ? parent : opened(token, parent));
    } else if (token.nesting === -1) {
      const closed = open.length > 1 ? open.pop() : undefined;
      if (token.type === "link_close" && closed instanceof HTMLAnchorElement) cite(closed, around.sources);
    } else {
      for (const node of leaves(token, around)) parent.appendChild(node);
    }
  }
  return [...root.childNodes];
}

/** The element that a token opens, put into `parent`; where its content goes. */
function opened(token: Token, parent: Node): Node {
  switch (token.type) {
    case "heading_open":
      return parent.appendChild(document.createElement(HEADINGS[token.tag] ?? "h6"));
    case "ordered_list_open": {
      const list = document.createElement("ol");
      const start = Number(token.attrGet("start") ?? 1);
      if (Number.isSafeInteger(start) && start !== 1) list.start = start;
      return parent.appendChild(list);
    }
    case "table_open": {
      const box = document.createElement("div");
      box.className = "table-box";
      box.tabIndex = 0;
      const table = document.createElement("table");
      table.className = "table";
      box.append(table);
      parent.appendChild(box);
      return table;
    }
    case "th_open":
    case "td_open": {
      const cell = document.createElement(token.type === "th_open" ? "th" : "td");
      if (cell.tagName === "TH") cell.setAttribute("scope", "col");
      const side = /right|center/.exec(String(token.attrGet("style") ?? ""))?.[0];
      if (side !== undefined) cell.className = `align-${side}`;
      return parent.appendChild(cell);
    }
    case "link_open": {
      const href = safeLink(String(token.attrGet("href") ?? ""));
      return href === null ? parent : parent.appendChild(foreignLink(href));
    }
    default: {
      const name = PLAIN[token.type];
      return name === undefined ? parent : parent.appendChild(document.createElement(name));
    }
  }
}

function leaves(token: Token, around: Surroundings): Node[] {
  switch (token.type) {
    case "inline":
      return inlineNodes(token.children ?? [], around);
    case "text":
    case "text_special":
      return around.sources.text(token.content);
    case "softbreak":
      return [document.createTextNode("\n")];
    case "hardbreak":
      return [document.createElement("br")];
    case "hr":
      return [document.createElement("hr")];
    case "code_inline": {
      const code = document.createElement("code");
      code.textContent = token.content;
      return [code];
    }
    case "fence":
    case "code_block": {
      const block = new CodeBlock(languageOf(token.info), around.onArtifact);
      block.show(codeOf(token));
      block.finish();
      return [block.element];
    }
    case "math_inline":
    case "math_block":
      return [formula(token.content, token.type === "math_block" || token.markup === "$$")];
    case "image":
      return [picture(token)];
    default:
      return [document.createTextNode(token.content)];
  }
}

/** The code of a fence, without the line break that ends it. */
export function codeOf(token: Token): string {
  return token.content.replace(/\n$/, "");
}

function inlineNodes(children: readonly Token[], around: Surroundings): Node[] {
  const nodes = nodesOf(children, around);
  const first = nodes[0];
  const task = first instanceof Text ? TASK.exec(first.data) : null;
  if (!(first instanceof Text) || task === null) return nodes;
  first.data = first.data.slice(task[0].length);
  const box = document.createElement("input");
  box.type = "checkbox";
  box.disabled = true;
  box.checked = task[1] !== " ";
  box.setAttribute("aria-label", box.checked ? "Done" : "Open");
  return [box, document.createTextNode(" "), ...nodes];
}

/** A picture that is in the text; any other is a link, because showing it would tell its host who reads this. */
function picture(token: Token): Node {
  const address = String(token.attrGet("src") ?? "");
  const words = token.content;
  const shown = safePicture(address);
  if (shown !== null) {
    const image = document.createElement("img");
    image.src = shown;
    image.alt = words;
    image.loading = "lazy";
    return image;
  }
  const href = safeLink(address);
  if (href === null) return document.createTextNode(words);
  const link = foreignLink(href);
  link.className = "image-link";
  link.textContent = `${words === "" ? "Picture" : words} (${hostOf(href) || "elsewhere"})`;
  return link;
}

/** A link to a source has its number; where its words are only the address, the number instead of them. */
function cite(link: HTMLAnchorElement, sources: Sources): void {
  const mark = sources.markOf(link.href);
  if (mark === null) return;
  const words = (link.textContent ?? "").trim();
  const isAddress = words === "" || words === link.href || words.replace(/^www\./, "") === hostOf(link.href);
  if (isAddress) link.replaceWith(mark);
  else link.after(mark);
}
