/** Recomputes on the server as one types: prices are exact integers there, with every rule that a charge has. */
export function mount(root: HTMLElement): void {
  const form = root.querySelector("form");
  const result = root.querySelector<HTMLElement>("[data-result]");
  if (form === null || result === null) return;
  let running: AbortController | undefined;

  const refresh = async (): Promise<void> => {
    running?.abort();
    running = new AbortController();
    const query = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    history.replaceState(null, "", `?${query}`);
    try {
      const response = await fetch(`${form.dataset["fragment"]}?${query}`, { signal: running.signal });
      if (response.ok) result.innerHTML = await response.text();
    } catch {
      // Aborted by the next key, or away: what stands there was true for the numbers before.
    }
  };
  form.addEventListener("input", () => void refresh());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void refresh();
  });
}
