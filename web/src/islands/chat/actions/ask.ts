// What is asked of models: a new prompt, another version of one, another answer to one.

import { toast } from "../../../ui/toast";
import { adviceOn } from "../answers/failures";
import { requestBody } from "../answers/request";
import type { Listener } from "../answers/runner";
import type { Chat } from "../chat.svelte";
import { newAnswer, newRun, newTurn, titleOf, UNTITLED } from "../rooms/make";
import type { OpenRoom } from "../rooms/open.svelte";
import { branch, isRunning, ROOT } from "../rooms/tree";
import type { Answer, Column, FileReference, Turn } from "../rooms/types";

/** How an answer is asked for, where it differs from what its column says. */
interface Variation {
  model?: string;
  ignored?: string[];
}

/** Sends what is typed to every column that is not muted. */
export function send(chat: Chat): void {
  const { open } = chat;
  const { room } = open;
  const text = room.draft.trim();
  if (text === "" && room.draftFiles.length === 0) return;
  const parent = open.shown.at(-1)?.id ?? ROOT;
  if (!ask(chat, parent, text, [...room.draftFiles])) return;
  room.draft = "";
  room.draftFiles = [];
  chat.library.touch(open);
}

/** Asks an edited prompt as a new version; the old one stays beside it (CHAT-16). */
export function editPrompt(chat: Chat, turn: Turn, text: string): void {
  if (ask(chat, turn.parentId, text.trim(), [...turn.files])) chat.editing = null;
}

/** Another answer of a column to a prompt, by its own model or another. */
export function regenerate(chat: Chat, turn: Turn, column: Column, variation: Variation = {}): void {
  const answer = answerOf(turn, column, variation.model ?? column.model);
  run(chat, chat.open, turn, column, answer, variation);
}

/** Lets an answer that ended early go on where it ended. */
export function continueAnswer(chat: Chat, turn: Turn, column: Column, answer: Answer): void {
  answer.failure = null;
  answer.state = "waiting";
  run(chat, chat.open, turn, column, answer, { model: answer.model });
}

/** Asks again what failed. An answer without any text is replaced, one with text stays as a version. */
export function retry(chat: Chat, turn: Turn, column: Column, answer: Answer, variation: Variation = {}): void {
  if (answer.text === "") {
    turn.answers[column.id] = (turn.answers[column.id] ?? []).filter((each) => each.id !== answer.id);
    delete turn.shown[column.id];
  }
  regenerate(chat, turn, column, { model: answer.model, ...variation });
}

export function stopAll(chat: Chat): void {
  for (const answer of chat.open.running) chat.runner.stop(answer.id);
}

function ask(chat: Chat, parentId: string, text: string, files: FileReference[]): boolean {
  const { open } = chat;
  const columns = open.room.columns.filter((column) => !column.isMuted);
  if (columns.length === 0) {
    toast(open.room.columns.length === 0 ? "Add a model first." : "Every model is muted.");
    return false;
  }
  const turn = open.add(newTurn(open.room.id, parentId, text, files));
  if (!open.room.isNamed && open.room.title === UNTITLED) open.room.title = titleOf(text || (files[0]?.name ?? ""));
  chat.library.touch(open);
  for (const column of columns) {
    chat.models.use(column.model);
    run(chat, open, turn, column, answerOf(turn, column, column.model), {});
  }
  return true;
}

/** A new answer of the column, the live one. */
function answerOf(turn: Turn, column: Column, model: string): Answer {
  const made = newAnswer(model);
  turn.answers[column.id] ??= [];
  const answers = turn.answers[column.id] ?? [];
  answers.push(made);
  turn.shown[column.id] = answers.length - 1;
  return answers.at(-1) ?? made;
}

function run(
  chat: Chat,
  open: OpenRoom,
  turn: Turn,
  column: Column,
  answer: Answer,
  { model = column.model, ignored = [] }: Variation,
): void {
  const body = requestBody({
    room: open.room,
    column: { ...column, model },
    turns: branch(open.turns, turn),
    files: open.files,
    begun: answer.text,
    ignored,
  });
  answer.runs.push(newRun());
  const live = answer.runs.at(-1);
  if (live === undefined) return;
  const name = chat.models.name(model);
  chat.announce(`${name} is answering`);
  chat.library.touchTurn(open, turn);
  void chat.runner.run(answer, live, body, listener(chat, open, turn)).then(() => {
    chat.announce(`${name}: ${outcome(answer)}`);
    if (chat.activeColumn !== column.id) chat.unread = [...new Set([...chat.unread, column.id])];
  });
}

function listener(chat: Chat, open: OpenRoom, turn: Turn): Listener {
  return {
    changed: () => chat.library.touchTurn(open, turn),
    paid: (nanousd) => {
      open.room.spent_nanousd += nanousd;
      chat.library.touch(open);
    },
  };
}

function outcome(answer: Answer): string {
  if (answer.failure !== null) return adviceOn(answer.failure).title;
  return answer.state === "stopped" ? "stopped" : "answer complete";
}

/** Completes what an earlier visit left open: answers that were interrupted, whose cost is not known yet. */
export function settleInterrupted(chat: Chat, open: OpenRoom): void {
  for (const turn of open.turns) {
    for (const answer of Object.values(turn.answers).flat()) {
      const last = answer.runs.at(-1);
      if (isRunning(answer) || last === undefined || last.cost_nanousd !== null) continue;
      void chat.runner.lookUp(last, listener(chat, open, turn));
    }
  }
}
