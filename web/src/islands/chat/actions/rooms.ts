// What is done to rooms as a whole.

import { toast } from "../../../ui/toast";
import type { Chat } from "../chat.svelte";
import { COLUMNS_MAX, newColumn, newId, newRoom } from "../rooms/make";
import { branch, subtree, versions } from "../rooms/tree";
import type { Column, StoredFile, Turn } from "../rooms/types";
import { rememberWorkspace } from "../workspaces";
import { settleInterrupted, stopAll } from "./ask";

interface Beginning {
  models?: string[];
  prompt?: string;
  isTemporary?: boolean;
  /** The address says already how the room begins. */
  isAddressed?: boolean;
}

/** A new room with the models of the one that is open, or with the default. Nothing typed is lost: it has its draft. */
export function startRoom(chat: Chat, options: Beginning = {}): void {
  const current = chat.open.room.columns.map((column) => column.model);
  const fallback = chat.models.default === null ? [] : [chat.models.default];
  const models = options.models ?? (current.length > 0 ? current : fallback);
  const open = chat.library.begin(models, options.isTemporary ?? false);
  open.room.view = chat.open.room.view;
  open.room.draft = options.prompt ?? "";
  chat.show(open);
  if (!options.isAddressed && location.pathname + location.search !== "/chat") history.pushState(null, "", "/chat");
  focusComposer();
}

/** Opens a room by its id and puts it into the address. */
export async function openRoom(chat: Chat, id: string, entersHistory = true): Promise<void> {
  const open = await chat.library.open(id);
  if (open === undefined) {
    toast("That room is not in this browser.");
    startRoom(chat);
    return;
  }
  chat.show(open);
  settleInterrupted(chat, open);
  if (entersHistory) history.pushState(null, "", addressOf(id));
}

export function addressOf(roomId: string): string {
  return `/chat?room=${encodeURIComponent(roomId)}`;
}

export function removeRooms(chat: Chat, ids: string[]): void {
  const named = ids.length === 1 ? chat.library.rooms.find((room) => room.id === ids[0])?.title : undefined;
  chat.dialog = {
    name: "confirm",
    title: named === undefined ? `Delete ${ids.length} rooms?` : `Delete “${named}”?`,
    text: "All their messages and files are deleted. An export made before can be imported again.",
    action: "Delete",
    confirmed: () => {
      for (const id of ids) void chat.library.remove(id);
      toast(named === undefined ? `${ids.length} rooms deleted` : `“${named}” deleted`);
    },
  };
}

/** A new room with the branch up to this turn (CHAT-16). What the copies cost stays with the room they come from. */
export async function forkRoom(chat: Chat, turn: Turn): Promise<void> {
  const { open } = chat;
  const room = { ...newRoom([]), ...copied(open.room) };
  room.id = newId("room");
  room.createdAt_ms = room.updatedAt_ms = Date.now();
  room.title = `${open.room.title} (fork)`;
  room.isPinned = false;
  room.spent_nanousd = 0;
  room.draft = "";
  room.draftFiles = [];
  room.chosen = {};
  const files: StoredFile[] = [];
  const turns = copied(branch(open.turns, turn)).map((each) => ({ ...each, id: newId("turn"), roomId: room.id }));
  turns.forEach((each, at) => {
    each.parentId = turns[at - 1]?.id ?? "";
    room.chosen[each.parentId] = each.id;
    for (const file of each.files) {
      const attachment = open.files.get(file.id);
      file.id = newId("file");
      if (attachment !== undefined) files.push({ id: file.id, roomId: room.id, attachment: { ...attachment, id: file.id } });
    }
  });
  await chat.library.take({ room, turns, files });
  await openRoom(chat, room.id);
  toast("Forked: this room goes its own way");
}

/** Removes a prompt with all that was said after it. */
export function removeTurn(chat: Chat, turn: Turn): void {
  const gone = subtree(chat.open.turns, turn);
  const later = gone.length - 1;
  chat.dialog = {
    name: "confirm",
    title: "Delete this prompt and its answers?",
    text: later > 0 ? `The ${later} later prompt${later > 1 ? "s" : ""} of this branch go too.` : "",
    action: "Delete",
    confirmed: () => {
      for (const answer of chat.open.running) chat.runner.stop(answer.id);
      void chat.library.removeTurns(chat.open, gone);
    },
  };
}

/** Shows another version of a prompt. */
export function showVersion(chat: Chat, turn: Turn, step: number): void {
  const all = versions(chat.open.turns, turn);
  const next = all[all.findIndex((each) => each.id === turn.id) + step];
  if (next === undefined) return;
  chat.open.room.chosen[turn.parentId] = next.id;
  chat.library.touch(chat.open);
}

export function addColumn(chat: Chat, model: string, like?: Column): void {
  const { open } = chat;
  if (open.room.columns.length >= COLUMNS_MAX) {
    toast(`A room has at most ${COLUMNS_MAX} models.`);
    return;
  }
  const column = newColumn(model);
  if (like !== undefined) column.settings = copied(like.settings);
  const at = like === undefined ? -1 : open.room.columns.findIndex((each) => each.id === like.id);
  if (at < 0) open.room.columns.push(column);
  else open.room.columns.splice(at + 1, 0, column);
  chat.models.use(model);
  chat.activate(column.id);
  chat.library.touch(open);
}

export function removeColumn(chat: Chat, column: Column): void {
  const { open } = chat;
  for (const turn of open.turns) for (const each of turn.answers[column.id] ?? []) chat.runner.stop(each.id);
  open.room.columns = open.room.columns.filter((each) => each.id !== column.id);
  if (chat.activeColumn === column.id) chat.activate(open.room.columns[0]?.id ?? "");
  chat.library.touch(open);
}

/** Goes on in another workspace, with its own rooms. While answers arrive it asks first (site.md CHAT-05). */
export function switchWorkspace(chat: Chat, id: string): void {
  const go = async (): Promise<void> => {
    stopAll(chat);
    await chat.library.flush();
    rememberWorkspace(chat.account, id);
    location.assign("/chat");
  };
  if (chat.open.running.length === 0) {
    void go();
    return;
  }
  chat.dialog = {
    name: "confirm",
    title: "Answers are still arriving",
    text: "Switching the workspace stops them. What has arrived is kept.",
    action: "Stop and switch",
    confirmed: () => void go(),
  };
}

/** Puts the cursor where one types. */
export function focusComposer(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-composer]")?.focus());
}

function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
