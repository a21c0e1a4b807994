// Rooms that were exported from the original: `{characters, messages}`, both by id, where a character is a model of the
// room and a message names the character that wrote it, or `USER`.

import { newAnswer, newColumn, newRoom, newTurn, titleOf, UNTITLED } from "../rooms/make";
import { ROOT } from "../rooms/tree";
import type { Turn, WholeRoom } from "../rooms/types";

interface Character {
  id?: string;
  model?: string;
  isDisabled?: boolean;
}

interface Written {
  characterId?: string;
  content?: unknown;
  createdAt?: string;
  updatedAt?: string;
}

const USER = "USER";

/** What can be read of such a file: prompts in their order and, under each, what the models wrote until the next. */
export function readOpenRouter(content: unknown): WholeRoom[] {
  const all = Array.isArray(content) ? content : [content];
  return all.map(readOne).filter((whole) => whole !== undefined);
}

function readOne(content: unknown): WholeRoom | undefined {
  if (typeof content !== "object" || content === null || !("messages" in content)) return undefined;
  const written = valuesOf<Written>(content.messages)
    .filter((message) => textOf(message.content) !== "")
    .sort((one, other) => momentOf(one) - momentOf(other));
  if (written.length === 0) return undefined;

  const characters = "characters" in content ? entriesOf<Character>(content.characters) : [];
  const room = newRoom([]);
  const columns = new Map(
    characters
      .filter(([id, character]) => id !== USER && character.model !== undefined)
      .map(([id, { model = "", isDisabled = false }]) => [id, { ...newColumn(model), isMuted: isDisabled }]),
  );
  room.columns = [...columns.values()];
  const turns: Turn[] = [];
  for (const message of written) {
    const column = columns.get(message.characterId ?? USER);
    const text = textOf(message.content);
    const last = turns.at(-1);
    if (column === undefined || last === undefined) {
      const turn = newTurn(room.id, last?.id ?? ROOT, column === undefined ? text : "", []);
      turn.at_ms = momentOf(message) || Date.now();
      room.chosen[turn.parentId] = turn.id;
      turns.push(turn);
      if (column === undefined) continue;
    }
    if (column === undefined) continue;
    const turn = turns.at(-1);
    if (turn === undefined) continue;
    (turn.answers[column.id] ??= []).push({ ...newAnswer(column.model), state: "done", text });
  }
  const title = "title" in content && typeof content.title === "string" ? content.title : (turns[0]?.text ?? "");
  room.title = titleOf(title) || UNTITLED;
  room.createdAt_ms = turns[0]?.at_ms ?? room.createdAt_ms;
  return { room, turns, files: [] };
}

function entriesOf<T>(value: unknown): [string, T][] {
  if (Array.isArray(value)) return value.map((each: T & { id?: string }, at) => [each.id ?? String(at), each]);
  return typeof value === "object" && value !== null ? (Object.entries(value) as [string, T][]) : [];
}

function valuesOf<T>(value: unknown): T[] {
  return entriesOf<T>(value).map(([, each]) => each);
}

/** Content is a text, or parts of which some are text. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part: unknown) =>
      typeof part === "object" && part !== null && "text" in part && typeof part.text === "string" ? part.text : "",
    )
    .join("");
}

function momentOf({ createdAt, updatedAt }: Written): number {
  return Date.parse(createdAt ?? updatedAt ?? "") || 0;
}
