/** A provider's keys: rows are dragged into place, and a trial is told where it was asked for. */
export function mount(root: HTMLElement): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-trial]")) attachTrial(form);
  for (const row of root.querySelectorAll<HTMLElement>("[data-own-key]")) attachDrag(row);
  for (const list of root.querySelectorAll<HTMLElement>("[data-section]")) attachDrop(list, root);
}

interface Trial {
  is_good: boolean;
  words: string;
}

function attachTrial(form: HTMLFormElement): void {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || button.value !== "test") return;
    event.preventDefault();
    void tell(form, button);
  });
}

async function tell(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  const place = form.querySelector<HTMLElement>("[data-told]");
  if (place === null) return;
  const body = new URLSearchParams({ do: "test" });
  for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
  button.disabled = true;
  place.textContent = "Asking the provider …";
  place.className = "small quiet";
  try {
    const response = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
    const trial = (await response.json()) as Trial;
    place.textContent = trial.words;
    place.className = trial.is_good ? "small is-good" : "small is-bad";
  } catch {
    place.textContent = "The trial did not come back. Load the page again.";
    place.className = "small is-bad";
  } finally {
    button.disabled = false;
  }
}

let dragged: HTMLElement | null = null;

function attachDrag(row: HTMLElement): void {
  row.draggable = true;
  row.addEventListener("dragstart", (event) => {
    dragged = row;
    event.dataTransfer?.setData("text/plain", row.dataset["ownKey"] ?? "");
  });
  row.addEventListener("dragend", () => {
    dragged = null;
  });
}

function attachDrop(list: HTMLElement, root: HTMLElement): void {
  list.addEventListener("dragover", (event) => {
    if (dragged !== null) event.preventDefault();
  });
  list.addEventListener("drop", (event) => {
    const form = root.querySelector<HTMLFormElement>("form[data-move]");
    if (dragged === null || form === null) return;
    event.preventDefault();
    const others = [...list.querySelectorAll<HTMLElement>("[data-own-key]")].filter((row) => row !== dragged);
    const before = others.findIndex((row) => event.clientY < middle(row));
    set(form, "id", dragged.dataset["ownKey"] ?? "");
    set(form, "section", list.dataset["section"] ?? "");
    set(form, "place", String(before < 0 ? others.length : before));
    form.submit();
  });
}

function middle(row: HTMLElement): number {
  const box = row.getBoundingClientRect();
  return box.top + box.height / 2;
}

function set(form: HTMLFormElement, name: string, value: string): void {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement) field.value = value;
}
