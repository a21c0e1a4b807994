// Small choices of this browser. Where the browser keeps nothing, the defaults hold.

/** A list of texts. */
export function readList(name: string): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(name) ?? "[]");
    return Array.isArray(found) ? found.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

export function writeList(name: string, values: string[]): void {
  write(name, JSON.stringify(values));
}

export function readText(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Forbidden or full: it is a convenience, not data.
  }
}
