export interface Hit {
  title: string;
  href: string;
  hint: string;
}

export interface Group {
  title: string;
  hits: Hit[];
}

/** What the instance finds. Throws when it does not answer. */
export async function search(query: string, signal: AbortSignal): Promise<Group[]> {
  const response = await fetch(`/search.json?q=${encodeURIComponent(query)}`, { signal });
  if (!response.ok) throw new Error(`search answered ${response.status}`);
  return (await response.json()) as Group[];
}
