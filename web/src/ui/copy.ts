import { toast } from "./toast";

const MARKED_MS = 1500;

/** Every `[data-copy]` button puts its text on the clipboard, those that are added later too. */
export function attachCopyButtons(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
    if (button !== null) void copy(button);
  });
}

async function copy(button: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(button.dataset["copy"] ?? "");
  } catch {
    // No clipboard without https (except on this machine) or without permission: the text can still be selected.
    toast("The browser does not allow copying here. Select the text instead.");
    return;
  }
  button.dataset["copied"] = "";
  toast("Copied");
  setTimeout(() => delete button.dataset["copied"], MARKED_MS);
}
