// What a column is asked: the conversation as it sees it, its settings, and which room it belongs to.

import { contentPart, type Attachment, type ContentPart } from "../../../chat-files";
import { shownAnswer } from "../rooms/tree";
import type { Answer, Column, FileReference, Room, Turn } from "../rooms/types";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string | ContentPart[];
}

export interface Asked {
  room: Room;
  column: Column;
  /** The branch up to and with the turn that is asked now. */
  turns: Turn[];
  files: ReadonlyMap<string, Attachment>;
  /** What the answer begins with when it is continued. */
  begun?: string;
  /** Providers that failed just now. */
  ignored?: string[];
}

/** The body of `POST /chat/completions`. */
export function requestBody(asked: Asked): Record<string, unknown> {
  const { room, column, ignored = [] } = asked;
  const { system: _, effort, provider, ...sampling } = column.settings;
  const body: Record<string, unknown> = {
    model: column.model,
    messages: messages(asked),
    stream: true,
    session_id: room.id,
    ...sampling,
  };
  if (effort !== undefined) body["reasoning"] = { effort };
  if (provider !== undefined) body["provider"] = { only: [provider] };
  else if (ignored.length > 0) body["provider"] = { ignore: ignored };
  return body;
}

/** System prompt, the last messages of the branch, the prompt, and what was begun. */
export function messages({ room, column, turns, files, begun }: Asked): Message[] {
  const prompt = turns.at(-1);
  if (prompt === undefined) return [];
  const earlier = turns.slice(0, -1).flatMap((turn) => [userMessage(turn, files), ...answered(room, column, turn)]);
  const found: Message[] = [...lastOf(earlier, room.contextMessages), userMessage(prompt, files)];
  if (column.settings.system) found.unshift({ role: "system", content: column.settings.system });
  if (begun) found.push({ role: "assistant", content: begun });
  return found;
}

/** At most `count` messages, beginning with a prompt. */
function lastOf(earlier: Message[], count: number | null): Message[] {
  const last = count === null ? earlier : count === 0 ? [] : earlier.slice(-count);
  const first = last.findIndex((message) => message.role === "user");
  return first < 0 ? [] : last.slice(first);
}

function userMessage(turn: Turn, files: ReadonlyMap<string, Attachment>): Message {
  const parts = turn.files.flatMap((reference: FileReference) => {
    const attachment = files.get(reference.id);
    return attachment === undefined ? [] : [contentPart(attachment)];
  });
  if (parts.length === 0) return { role: "user", content: turn.text };
  return { role: "user", content: [...(turn.text === "" ? [] : [{ type: "text" as const, text: turn.text }]), ...parts] };
}

/**
 * What a column saw answered to a turn: its own answer, or in a shared room everybody's. A column that joined later, or
 * failed then, is given the first answer that there is: otherwise it would not know what the talk is about.
 */
function answered(room: Room, column: Column, turn: Turn): Message[] {
  const all = room.columns.flatMap((each) => {
    const answer = shownAnswer(turn, each.id);
    return answer !== undefined && answer.text !== "" ? [{ column: each, answer }] : [];
  });
  const own = all.find((each) => each.column.id === column.id) ?? all[0];
  if (own === undefined) return [];
  if (!room.isShared || all.length === 1) return [{ role: "assistant", content: own.answer.text }];
  return [{ role: "assistant", content: all.map(({ answer }) => named(answer)).join("\n\n") }];
}

function named(answer: Answer): string {
  return `[${answer.model}]\n${answer.text}`;
}
