/** A choice among steps becomes a slider over them; the choice stays what the form sends, and what works without
 *  scripts (site.md MOD-02). `data-slider="most"`: no limit stands at the right end, not at the left. */
export function attachSliders(): void {
  for (const field of document.querySelectorAll<HTMLElement>("[data-slider]")) {
    const select = field.querySelector("select");
    if (select !== null) slide(field, select, field.dataset["slider"] === "most");
  }
}

function slide(field: HTMLElement, select: HTMLSelectElement, isMost: boolean): void {
  const steps = [...select.options];
  const none = steps.shift();
  if (none === undefined) return;
  const order = isMost ? [...steps, none] : [none, ...steps];
  const slider = document.createElement("input");
  slider.type = "range";
  slider.max = String(order.length - 1);
  slider.setAttribute("aria-label", field.querySelector("span")?.textContent ?? "");
  const shown = document.createElement("output");
  shown.className = "small number";

  const show = (): void => {
    const at = Math.max(0, order.findIndex((option) => option.value === select.value));
    slider.value = String(at);
    shown.textContent = order[at]?.text ?? "";
    slider.setAttribute("aria-valuetext", shown.textContent);
  };
  slider.addEventListener("input", (event) => {
    event.stopPropagation();
    select.value = order[Number(slider.value)]?.value ?? "";
    show();
    select.dispatchEvent(new Event("input", { bubbles: true }));
  });
  select.addEventListener("change", show);
  select.hidden = true;
  field.append(slider, shown);
  show();
}
