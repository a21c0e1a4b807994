import { sessionFetch } from "../../api/session";

export interface Attempt {
  method: string;
  url: string;
  key: string;
  /** Of who is signed in, in place of a key; empty for others. */
  formToken: string;
  body: string;
}

export interface Outcome {
  status: string;
  isGood: boolean;
  duration_ms: number;
  requestId: string;
  text: string;
}

const SHOWN_CHARACTERS_MAX = 20_000;

/** Sends what the form says. The key goes into one header and is kept nowhere. Throws when nothing answers. */
export async function perform({ method, url, key, formToken, body }: Attempt): Promise<Outcome> {
  const headers = new Headers();
  if (key !== "") headers.set("Authorization", `Bearer ${key}`);
  if (body !== "") headers.set("Content-Type", "application/json");
  const began = performance.now();
  const init = { method, headers, ...(body === "" ? {} : { body }) };
  const response = await (formToken === ""
    ? fetch(url, { ...init, credentials: "omit" })
    : sessionFetch({ formToken }, url, init));
  const text = await response.text();
  return {
    status: `${response.status} ${response.statusText}`.trim(),
    isGood: response.ok,
    duration_ms: Math.round(performance.now() - began),
    requestId: response.headers.get("x-request-id") ?? "",
    text: readable(text).slice(0, SHOWN_CHARACTERS_MAX),
  };
}

/** JSON is indented; anything else stays as it came. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The path with its `{names}` filled in. */
export function fill(path: string, values: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}
