const MODELS_MAX = 4;

/** The tray counts what is ticked, shows itself when there is something, and lets no fifth be ticked (site.md MOD-08). */
export function mount(form: HTMLElement): void {
  const boxes = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>("input[name=models][form]")];
  const tray = form.querySelector<HTMLElement>("[data-tray]");
  const names = form.querySelector<HTMLElement>("[data-chosen]");
  if (tray === null || names === null) return;

  const refresh = (): void => {
    const chosen = boxes().filter((box) => box.checked);
    tray.hidden = chosen.length === 0;
    names.textContent = chosen.map((box) => box.dataset["name"] ?? box.value).join(", ");
    for (const box of boxes()) box.disabled = !box.checked && chosen.length >= MODELS_MAX;
  };
  document.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.name === "models") refresh();
  });
  tray.querySelector("[data-clear]")?.addEventListener("click", () => {
    for (const box of boxes()) box.checked = false;
    refresh();
  });
  refresh();
}
