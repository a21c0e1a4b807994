import { matches, type Matches } from "../api/models";
import { toast } from "../ui/toast";

const TYPING_PAUSE_MS = 40;

/** Keeps form, address and list together. The address is the state: Back, Reload and a shared link restore it. */
export class Filters {
  readonly #root: HTMLElement;
  readonly #list: HTMLElement;
  readonly #rows: Map<string, HTMLElement>;
  #running: AbortController | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, list: HTMLElement) {
    this.#root = root;
    this.#list = list;
    const rows = list.querySelectorAll<HTMLElement>("[data-model]");
    this.#rows = new Map([...rows].map((row) => [row.dataset["model"] ?? "", row]));
  }

  attach(): void {
    for (const form of this.#forms()) {
      form.addEventListener("input", () => this.#soon());
      form.addEventListener("change", () => this.#soon());
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#soon();
      });
    }
    this.#root.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-query]") : null;
      if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const query = new URL(link.href).searchParams;
      this.#fill(query);
      void this.#show(query, true);
    });
    addEventListener("popstate", () => {
      const query = new URLSearchParams(location.search);
      this.#fill(query);
      void this.#show(query, false);
    });
  }

  /** The form beside the list and the line above it: two forms for a reader without scripts, one state here. */
  #forms(): HTMLFormElement[] {
    return [...this.#root.querySelectorAll<HTMLFormElement>("form[data-filters], form[data-line]")];
  }

  #soon(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.#show(this.#query(), true), TYPING_PAUSE_MS);
  }

  /** The fields that say something, several values of one name joined as the API takes them. */
  #query(): URLSearchParams {
    const values = new Map<string, string[]>();
    for (const form of this.#forms()) {
      for (const element of form.elements) {
        if (!(element instanceof HTMLInputElement || element instanceof HTMLSelectElement)) continue;
        const isOff = element instanceof HTMLInputElement && element.type === "checkbox" && !element.checked;
        const isDefault = element.dataset["default"] === element.value;
        if (element.name === "" || element.value === "" || isOff || isDefault || element.dataset["copy"] !== undefined) continue;
        values.set(element.name, [...(values.get(element.name) ?? []), element.value]);
      }
    }
    return new URLSearchParams([...values].map(([name, given]) => [name, given.join(",")]));
  }

  /** Sets the fields from an address. */
  #fill(query: URLSearchParams): void {
    for (const form of this.#forms()) {
      for (const element of form.elements) {
        if (!(element instanceof HTMLInputElement || element instanceof HTMLSelectElement) || element.name === "") continue;
        const given = query.get(element.name);
        if (element instanceof HTMLInputElement && element.type === "checkbox") {
          element.checked = (given ?? "").split(",").includes(element.value);
        } else if (element instanceof HTMLInputElement && element.type === "hidden") {
          element.value = given ?? element.value;
        } else {
          element.value = given ?? element.dataset["default"] ?? "";
        }
      }
    }
  }

  async #show(query: URLSearchParams, isNew: boolean): Promise<void> {
    this.#running?.abort();
    this.#running = new AbortController();
    const { signal } = this.#running;
    let found: Matches;
    try {
      found = await matches(query.toString(), signal);
    } catch {
      if (!signal.aborted) toast("The list could not be filtered: the instance does not answer.");
      return;
    }
    if (isNew) history.replaceState(null, "", this.#address(query));
    this.#arrange(found);
  }

  #address(query: URLSearchParams): string {
    const text = query.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
    return text === "" ? location.pathname : `${location.pathname}?${text}`;
  }

  #arrange(found: Matches): void {
    const shown = found.ids.map((id) => this.#rows.get(id)).filter((row) => row !== undefined);
    const visible = new Set(shown);
    for (const row of this.#rows.values()) row.hidden = !visible.has(row);
    this.#list.append(...shown);
    for (const place of this.#root.querySelectorAll("[data-count]")) place.textContent = String(found.ids.length);
    const summary = this.#root.querySelector("[data-summary]");
    if (summary !== null) summary.innerHTML = found.summary;
    document.title = found.title;
  }
}
