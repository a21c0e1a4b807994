// What an answer rests on: numbered marks in the text, and the list that they point to (site.md CHAT-17).

import { foreignLink, safeLink } from "./links";

export interface Source {
  url: string;
  title?: string;
}

/** The sources that can be linked to, each once, with their numbers from 1. */
export class Sources {
  private readonly numbers = new Map<string, number>();
  private readonly listed: { href: string; title: string }[] = [];

  constructor(sources: readonly Source[]) {
    for (const { url, title } of sources) {
      const href = safeLink(url);
      if (href === null || this.numbers.has(href)) continue;
      this.listed.push({ href, title: title?.trim() || hostOf(href) });
      this.numbers.set(href, this.listed.length);
    }
  }

  /** The mark of the source with that address, if it is one. */
  markOf(href: string): HTMLElement | null {
    const number = this.numbers.get(href);
    return number === undefined ? null : this.mark(number);
  }

  /** Text in which `[1]` is a mark. */
  text(words: string): Node[] {
    if (this.listed.length === 0) return [document.createTextNode(words)];
    return words.split(/(\[\d{1,3}\])/).flatMap((part, index) => {
      const mark = index % 2 === 1 ? this.mark(Number(part.slice(1, -1))) : null;
      return mark ?? (part === "" ? [] : document.createTextNode(part));
    });
  }

  /** The list, null when there is nothing in it. */
  list(): HTMLElement | null {
    if (this.listed.length === 0) return null;
    const list = document.createElement("ol");
    for (const { href, title } of this.listed) {
      const link = foreignLink(href);
      link.textContent = title;
      const host = document.createElement("span");
      host.className = "source-host";
      host.textContent = hostOf(href);
      const item = document.createElement("li");
      item.append(link, " ", host);
      list.append(item);
    }
    const section = document.createElement("section");
    section.className = "sources";
    section.setAttribute("aria-label", "Sources");
    section.append(list);
    return section;
  }

  private mark(number: number): HTMLElement | null {
    const source = this.listed[number - 1];
    if (source === undefined) return null;
    const link = foreignLink(source.href);
    link.className = "source-mark";
    link.title = source.title;
    link.textContent = String(number);
    link.setAttribute("aria-label", `Source ${number}: ${source.title}`);
    return link;
  }
}

export function hostOf(href: string): string {
  return new URL(href).hostname.replace(/^www\./, "");
}
