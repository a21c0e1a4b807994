import { openRoom, startRoom } from "./actions/rooms";
import type { Chat } from "./chat.svelte";
import { COLUMNS_MAX } from "./rooms/make";

/** Reads what this browser has, then shows what the address asks for. */
export async function begin(chat: Chat): Promise<void> {
  await Promise.all([chat.library.load(chat.shelf), chat.models.load(chat.workspace?.model ?? null)]);
  await showAddressed(chat);
  chat.library.dropped = (id) => {
    if (chat.open.room.id === id) startRoom(chat);
  };
  chat.sync.start();
  addEventListener("popstate", () => void showAddressed(chat));
}

/** `?room=` opens a room; `?models=a,b&prompt=…` fills a new one in and never sends (site.md CHAT-22). */
async function showAddressed(chat: Chat): Promise<void> {
  const asked = new URLSearchParams(location.search);
  const room = asked.get("room");
  if (room !== null) {
    await openRoom(chat, room, false);
    return;
  }
  const models = (asked.get("models") ?? asked.get("model") ?? "").split(",").filter(Boolean).slice(0, COLUMNS_MAX);
  const prompt = asked.get("prompt") ?? "";
  startRoom(chat, { ...(models.length > 0 ? { models } : {}), prompt, isAddressed: true });
}
