import { hasCommand, isApple } from "./keys";
import { isShortcut } from "./shortcuts";

/** ⌘K, Ctrl+K or `/` open the search palette; the header's field does too. Its code comes when it is first wanted. */
export function attachPalette(): void {
  const form = document.querySelector<HTMLFormElement>("[data-palette]");
  const field = form?.querySelector("input");
  if (form === null || field === null || field === undefined) return;
  const hint = form.querySelector("kbd");
  if (hint !== null && isApple) hint.textContent = "⌘K";

  const open = (): void => {
    const opener = document.activeElement;
    void import("../islands/palette").then(({ openPalette }) => openPalette(field.value, opener));
  };
  document.addEventListener("keydown", (event) => {
    const isCommandK = hasCommand(event) && event.key.toLowerCase() === "k";
    const isSlash = event.key === "/" && isShortcut(event) && document.querySelector("[data-slash]") === null;
    if (!isCommandK && !isSlash) return;
    event.preventDefault();
    open();
  });
  field.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    open();
  });
}
