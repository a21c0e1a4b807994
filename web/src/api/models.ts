export interface Matches {
  /** Ids of the matching models, in the order that was asked for. */
  ids: string[];
  /** The filters that are on, as HTML of the server. */
  summary: string;
  title: string;
  /** Where this list has its page. */
  address: string;
}

/** Which models the filters leave. Throws when the instance does not answer. */
export async function matches(query: string, signal: AbortSignal): Promise<Matches> {
  const response = await fetch(`/models.json?${query}`, { signal });
  if (!response.ok) throw new Error(`models answered ${response.status}`);
  return (await response.json()) as Matches;
}
