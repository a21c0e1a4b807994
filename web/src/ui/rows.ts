import { isShortcut } from "./shortcuts";

/** In a list: `/` goes to its filter, arrows and j, k move between rows; Enter opens the link that has the focus
 *  (site.md 27). `pressed` hears every other key, with the row that has the focus. */
export function attachRowKeys(
  list: HTMLElement,
  selector: string,
  pressed: (key: string, row: HTMLElement | null) => void = () => {},
): void {
  const current = (): HTMLElement | null => document.activeElement?.closest<HTMLElement>(selector) ?? null;
  document.addEventListener("keydown", (event) => {
    if (!isShortcut(event)) return;
    const by = STEPS[event.key];
    if (event.key === "/") {
      event.preventDefault();
      document.querySelector<HTMLInputElement>("[data-slash]")?.focus();
    } else if (by !== undefined) {
      const rows = [...list.querySelectorAll<HTMLElement>(selector)].filter((row) => !row.hidden);
      move(rows, current(), by, event);
    } else {
      pressed(event.key, current());
    }
  });
}

const STEPS: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

function move(rows: HTMLElement[], here: HTMLElement | null, by: number, event: KeyboardEvent): void {
  if (here === null && event.key.startsWith("Arrow")) return; // arrows scroll until a row has the focus
  const at = here === null ? (by > 0 ? -1 : rows.length) : rows.indexOf(here);
  const next = rows[at + by];
  if (next === undefined) return;
  event.preventDefault();
  next.querySelector("a")?.focus();
}
