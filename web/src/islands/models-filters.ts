import { matches, type Matches } from "../api/models";
import { toast } from "../ui/toast";

const TYPING_PAUSE_MS = 40;
const DEFAULTS: Record<string, string> = { output_modalities: "text", sort: "newest" };

type Field = HTMLInputElement | HTMLSelectElement;

function isField(target: EventTarget | null): target is Field {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
}

function isCheckbox(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && field.type === "checkbox";
}

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
    const form = this.#form;
    if (form === null) return;
    // Search and sort stand outside of the form and belong to it, so what is typed there is heard at the root.
    const hear = (event: Event): void => {
      if (isField(event.target) && event.target.form === form) this.#soon();
    };
    this.#root.addEventListener("input", hear);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#soon();
    });
    this.#root.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-query]") : null;
      if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#go(new URL(link.href).searchParams, true);
    });
    addEventListener("popstate", () => this.#go(new URLSearchParams(location.search), false));
  }

  get #form(): HTMLFormElement | null {
    return this.#root.querySelector("form[data-filters]");
  }

  get #fields(): Field[] {
    return [...(this.#form?.elements ?? [])].filter(isField).filter((field) => field.name !== "");
  }

  #soon(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.#show(this.#query(), true), TYPING_PAUSE_MS);
  }

  #go(query: URLSearchParams, isNew: boolean): void {
    this.#fill(query);
    void this.#show(query, isNew);
  }

  /** The fields that say something, several values of one name joined as the API takes them. */
  #query(): URLSearchParams {
    const values = new Map<string, string[]>();
    for (const field of this.#fields) {
      if (field.value === "" || (isCheckbox(field) && !field.checked)) continue;
      values.set(field.name, [...(values.get(field.name) ?? []), field.value]);
    }
    return new URLSearchParams([...values].map(([name, given]) => [name, given.join(",")]));
  }

  /** Sets the fields from an address; what it does not name takes its default. */
  #fill(query: URLSearchParams): void {
    for (const field of this.#fields) {
      if (field instanceof HTMLInputElement && field.type === "hidden") continue;
      const given = query.get(field.name) ?? DEFAULTS[field.name] ?? "";
      if (isCheckbox(field)) {
        field.checked = given.split(",").includes(field.value);
      } else {
        field.value = given;
        field.dispatchEvent(new Event("change")); // a slider follows
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
    if (isNew) history.replaceState(null, "", found.address + location.hash);
    this.#arrange(found);
  }

  #arrange(found: Matches): void {
    const shown = found.ids.map((id) => this.#rows.get(id)).filter((row) => row !== undefined);
    const visible = new Set(shown);
    for (const row of this.#rows.values()) row.hidden = !visible.has(row);
    // Only when the order is another one: a row that is moved loses the focus that it may have.
    const order = [...this.#list.querySelectorAll<HTMLElement>("[data-model]:not([hidden])")];
    if (shown.some((row, at) => row !== order[at])) this.#list.append(...shown);
    for (const place of this.#root.querySelectorAll("[data-count]")) place.textContent = String(found.ids.length);
    const summary = this.#root.querySelector("[data-summary]");
    if (summary !== null) summary.innerHTML = found.summary;
    document.title = found.title;
  }
}
