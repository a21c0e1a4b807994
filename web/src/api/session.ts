/** What a page of a signed-in person sends beside the cookie, so that it counts (accounts-and-governance.md API-04). */
export interface Session {
  formToken: string;
  /** The id of the workspace that pays and rules; absent: the default one. */
  workspace?: string;
}

/** `fetch` of a path of this instance, in the name of who is signed in. Throws what `fetch` throws. */
export function sessionFetch(session: Session, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("X-Form-Token", session.formToken);
  if (session.workspace !== undefined) headers.set("X-Trunkline-Workspace", session.workspace);
  if (!headers.has("Accept")) headers.set("Accept", "application/json");
  return fetch(path, { ...init, headers, credentials: "same-origin" });
}
