// The turns of a room are a tree: editing a prompt adds a sibling, and `room.chosen` says which one is shown.

import type { Answer, Room, Turn } from "./types";

export const ROOT = "";

/** The turns that are shown, oldest first. A choice that is gone falls back to the newest version. */
export function path(room: Pick<Room, "chosen">, turns: Turn[]): Turn[] {
  const children = byParent(turns);
  const shown: Turn[] = [];
  for (let parent = ROOT; ; ) {
    const versions = children.get(parent) ?? [];
    const turn = versions.find((each) => each.id === room.chosen[parent]) ?? versions.at(-1);
    if (turn === undefined) return shown;
    shown.push(turn);
    parent = turn.id;
  }
}

/** The turns that lead to this one, and it. */
export function branch(turns: Turn[], turn: Turn): Turn[] {
  const found = [turn];
  for (;;) {
    const parent = turns.find((each) => each.id === found[0]?.parentId);
    if (parent === undefined) return found;
    found.unshift(parent);
  }
}

/** A turn and its other versions, oldest first. */
export function versions(turns: Turn[], turn: Turn): Turn[] {
  return byParent(turns).get(turn.parentId) ?? [];
}

/** The turn and everything that was said after it. */
export function subtree(turns: Turn[], turn: Turn): Turn[] {
  const children = byParent(turns);
  const found = [turn];
  for (const each of found) found.push(...(children.get(each.id) ?? []));
  return found;
}

/** The answer of a column that is shown. */
export function shownAnswer(turn: Turn, columnId: string): Answer | undefined {
  const answers = turn.answers[columnId] ?? [];
  return answers[turn.shown[columnId] ?? answers.length - 1] ?? answers.at(-1);
}

export function isRunning(answer: Answer | undefined): boolean {
  return answer?.state === "waiting" || answer?.state === "streaming";
}

/** Whatever was running when the page went away was interrupted; what arrived stays (CHAT-21). */
export function markInterrupted(turns: Turn[]): Turn[] {
  const touched = turns.filter((turn) => Object.values(turn.answers).flat().some(isRunning));
  for (const answer of touched.flatMap((turn) => Object.values(turn.answers).flat())) {
    if (isRunning(answer)) answer.state = "interrupted";
  }
  return touched;
}

function byParent(turns: Turn[]): Map<string, Turn[]> {
  const children = new Map<string, Turn[]>();
  for (const turn of [...turns].sort((one, other) => one.at_ms - other.at_ms)) {
    const siblings = children.get(turn.parentId);
    if (siblings === undefined) children.set(turn.parentId, [turn]);
    else siblings.push(turn);
  }
  return children;
}
