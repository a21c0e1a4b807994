import { isTyping } from "./keys";

const SINGLE_KEYS = "trunkline.single-keys";
const CHORD_MS = 1500;
const PLACES: Record<string, string> = {
  m: "/models",
  c: "/chat",
  l: "/logs",
  a: "/activity",
  k: "/keys",
};

/** Whether keys without Ctrl or ⌘ do anything here; switched in the list that `?` shows (site.md KB-01). */
export function areSingleKeysOn(): boolean {
  try {
    return localStorage.getItem(SINGLE_KEYS) !== "off";
  } catch {
    return true; // a browser that keeps nothing
  }
}

/** Whether a key press is one of ours: not typed into a field, not with a modifier, not switched off. */
export function isShortcut(event: KeyboardEvent): boolean {
  const isModified = event.ctrlKey || event.metaKey || event.altKey;
  return !isModified && !isTyping(event) && areSingleKeysOn() && document.querySelector("dialog[open]") === null;
}

/** `?` shows the list of keys; `g` and a letter go places; Esc leaves a page that has a way back. */
export function attachShortcuts(): void {
  const list = document.querySelector<HTMLDialogElement>("[data-shortcuts]");
  if (list !== null) attachSwitch(list);
  let chord_ms = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (!isShortcut(event)) return;
    const isChord = event.timeStamp - chord_ms < CHORD_MS;
    chord_ms = event.key === "g" && !isChord ? event.timeStamp : -Infinity;
    const place = isChord ? PLACES[event.key] : undefined;
    if (place !== undefined) {
      event.preventDefault();
      location.href = place;
    } else if (event.key === "?") {
      list?.showModal();
    } else if (event.key === "Escape") {
      leave();
    }
  });
}

function leave(): void {
  if (document.querySelector("details.menu[open], details.account-menu[open]") !== null) return;
  document.querySelector<HTMLAnchorElement>("a[data-way-back]")?.click();
}

/** The switch outlives the page. The button in the footer opens the list when `?` is switched off too. */
function attachSwitch(list: HTMLDialogElement): void {
  const box = list.querySelector<HTMLInputElement>("[data-single-keys]");
  if (box === null) return;
  box.checked = areSingleKeysOn();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(SINGLE_KEYS, box.checked ? "on" : "off");
    } catch {
      box.checked = true;
    }
  });
  for (const opener of document.querySelectorAll("[data-open-shortcuts]")) {
    opener.addEventListener("click", () => list.showModal());
  }
}
