/** Arrow keys move between tabs, which are links; the current one is scrolled into view (site.md MP-04). */
export function attachTabKeys(): void {
  for (const tabs of document.querySelectorAll<HTMLElement>("[data-tabs]")) {
    tabs.addEventListener("keydown", (event) => move(tabs, event));
    reveal(tabs);
  }
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };

function move(tabs: HTMLElement, event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const links = [...tabs.querySelectorAll("a")];
  const at = links.findIndex((link) => link === document.activeElement);
  if (step === undefined || at < 0) return;
  event.preventDefault();
  links[(at + step + links.length) % links.length]?.focus();
}

function reveal(tabs: HTMLElement): void {
  const current = tabs.querySelector<HTMLElement>("[aria-current]");
  if (current === null) return;
  // Only sideways: scrollIntoView would move the page as well.
  tabs.scrollLeft = current.offsetLeft - (tabs.clientWidth - current.offsetWidth) / 2;
}
