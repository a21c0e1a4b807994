const SHOWN_MS = 4000;

/** Says something in the corner; screen readers read it too. */
export function toast(message: string): void {
  const region = document.querySelector(".toast-region");
  if (region === null) return;
  const note = document.createElement("div");
  note.className = "toast";
  note.textContent = message;
  region.append(note);
  setTimeout(() => note.remove(), SHOWN_MS);
}
