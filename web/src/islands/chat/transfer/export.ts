import { toast } from "../../../ui/toast";
import type { Chat } from "../chat.svelte";
import type { WholeRoom } from "../rooms/types";
import { fileName, fileOf } from "./format";
import { asMarkdown } from "./markdown";

/** Saves rooms as one file of the chat's own format (site.md CHAT-03). */
export async function exportJson(chat: Chat, ids: string[]): Promise<void> {
  const rooms = (await Promise.all(ids.map((id) => chat.library.whole(id)))).filter((room) => room !== undefined);
  if (rooms.length === 0) {
    toast("There is nothing to export yet.");
    return;
  }
  const title = rooms.length === 1 ? (rooms[0]?.room.title ?? "") : `chat rooms ${new Date().toISOString().slice(0, 10)}`;
  save(fileName(title, "json"), "application/json", JSON.stringify(fileOf(rooms), null, 1));
}

export function exportAll(chat: Chat): Promise<void> {
  return exportJson(chat, chat.library.rooms.map((room) => room.id));
}

export async function exportMarkdown(chat: Chat, id: string): Promise<void> {
  const whole: WholeRoom | undefined = await chat.library.whole(id);
  if (whole === undefined) return;
  save(fileName(whole.room.title, "md"), "text/markdown", asMarkdown(whole, (model) => chat.models.name(model)));
}

function save(name: string, mediaType: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: mediaType }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken hold of the file by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
