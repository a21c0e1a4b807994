import { isTyping } from "../ui/keys";

/** `/` searches, arrows and j, k move between rows, Enter opens, c chooses for comparing (site.md MOD-10). */
export function attachKeys(root: HTMLElement, list: HTMLElement): void {
  document.addEventListener("keydown", (event) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      root.querySelector<HTMLInputElement>("[data-slash]")?.focus();
    } else if (event.key === "ArrowDown" || event.key === "j") {
      move(list, 1, event);
    } else if (event.key === "ArrowUp" || event.key === "k") {
      move(list, -1, event);
    } else if (event.key === "c") {
      current(list)?.querySelector<HTMLInputElement>("input[name=models]")?.click();
    }
  });
}

function current(list: HTMLElement): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-model]") ?? list.querySelector("[data-model]:focus-within");
}

function move(list: HTMLElement, by: number, event: KeyboardEvent): void {
  const rows = [...list.querySelectorAll<HTMLElement>("[data-model]:not([hidden])")];
  const here = current(list);
  if (here === null && event.key.startsWith("Arrow")) return; // arrows scroll until a row has the focus
  const at = here === null ? (by > 0 ? -1 : rows.length) : rows.indexOf(here);
  const next = rows[at + by];
  if (next === undefined) return;
  event.preventDefault();
  next.querySelector("a")?.focus();
}
