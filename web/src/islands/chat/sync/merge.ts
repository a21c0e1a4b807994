import type { Answer, Turn, WholeRoom } from "../rooms/types";

/**
 * One room out of two that went apart: both keep all their turns and answers, the room's own settings are those of the
 * one that changed last. Nothing that was said is lost.
 */
export function merged(here: WholeRoom, there: WholeRoom): WholeRoom {
  const newer = here.room.updatedAt_ms >= there.room.updatedAt_ms ? here : there;
  const older = newer === here ? there : here;
  return {
    room: {
      ...newer.room,
      chosen: { ...older.room.chosen, ...newer.room.chosen },
      spent_nanousd: Math.max(here.room.spent_nanousd, there.room.spent_nanousd),
      draft: here.room.draft,
      draftFiles: here.room.draftFiles,
    },
    turns: byId(older.turns, newer.turns, mergedTurn),
    files: byId(older.files, newer.files, (_, file) => file),
  };
}

function mergedTurn(older: Turn, newer: Turn): Turn {
  const columns = new Set([...Object.keys(older.answers), ...Object.keys(newer.answers)]);
  const answers = [...columns].map((id) => {
    const both = byId(older.answers[id] ?? [], newer.answers[id] ?? [], longer);
    return [id, both] as const;
  });
  return { ...newer, answers: Object.fromEntries(answers) };
}

/** Of one answer the side that heard more of it. */
function longer(one: Answer, other: Answer): Answer {
  return one.text.length > other.text.length ? one : other;
}

function byId<T extends { id: string }>(older: T[], newer: T[], both: (older: T, newer: T) => T): T[] {
  const found = new Map(older.map((each) => [each.id, each]));
  for (const each of newer) {
    const before = found.get(each.id);
    found.set(each.id, before === undefined ? each : both(before, each));
  }
  return [...found.values()];
}
