// A page that goes away has no time for its database, which answers later. What is not written yet is left in the
// browser's plain storage, which writes at once, and taken up by the next page.

import type { Unsaved } from "./keeper";

const PREFIX = "trunkline-chat-unsaved";

/** Leaves what could not be written. */
export function leave(account: string, unsaved: Unsaved): void {
  if (unsaved.rooms.length === 0 && unsaved.turns.length === 0) return;
  try {
    localStorage.setItem(`${PREFIX}:${account}:${performance.timeOrigin}`, JSON.stringify(unsaved));
  } catch {
    // Full or forbidden: the database may still manage.
  }
}

/** Takes up what earlier pages of the account left. */
export function takeUp(account: string): Unsaved {
  const found: Unsaved = { rooms: [], turns: [] };
  try {
    for (const name of Object.keys(localStorage).filter((each) => each.startsWith(`${PREFIX}:${account}:`))) {
      const left = JSON.parse(localStorage.getItem(name) ?? "{}") as Partial<Unsaved>;
      found.rooms.push(...(left.rooms ?? []));
      found.turns.push(...(left.turns ?? []));
      localStorage.removeItem(name);
    }
  } catch {
    // Nothing that can be read was left.
  }
  return found;
}
