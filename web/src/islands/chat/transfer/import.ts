import { newId } from "../rooms/make";
import type { WholeRoom } from "../rooms/types";
import { FORMAT, isRoom, VERSION, type RoomsFile } from "./format";
import { readOpenRouter } from "./openrouter";

const FILE_BYTES_MAX = 200 * 1024 * 1024;

export class UnreadableFile extends Error {}

/** A room of a file, and whether this browser has one with its id: then it comes in as a copy. */
export interface Incoming {
  whole: WholeRoom;
  isKnown: boolean;
}

/** The rooms of a file, of our format or the original's. Throws UnreadableFile, whose message is for people. */
export async function readRooms(file: File, known: ReadonlySet<string>): Promise<Incoming[]> {
  if (file.size > FILE_BYTES_MAX) throw new UnreadableFile("The file is larger than 200 MB.");
  let content: unknown;
  try {
    content = JSON.parse(await file.text());
  } catch {
    throw new UnreadableFile("The file is no JSON. Choose one that was exported from a chat.");
  }
  const rooms = isOurs(content) ? ours(content) : readOpenRouter(content);
  if (rooms.length === 0) throw new UnreadableFile("The file has no rooms in a format that is known here.");
  return rooms.map((whole) => ({ whole, isKnown: known.has(whole.room.id) }));
}

function isOurs(content: unknown): content is RoomsFile {
  return typeof content === "object" && content !== null && "format" in content && content.format === FORMAT;
}

function ours(file: RoomsFile): WholeRoom[] {
  if (file.version > VERSION) throw new UnreadableFile("The file comes from a newer version of this chat.");
  return file.rooms.filter((whole) => isRoom(whole.room) && Array.isArray(whole.turns));
}

/** The same room under an id of its own, for one that is here already: an import never overwrites (CHAT-03). */
export function asCopy({ room, turns, files }: WholeRoom): WholeRoom {
  const roomId = newId("room");
  const ids = new Map([["", ""], ...turns.map((turn) => [turn.id, newId("turn")] as const)]);
  const fileIds = new Map(files.map((file) => [file.id, newId("file")] as const));
  const renamed = (id: string): string => ids.get(id) ?? id;
  return {
    room: {
      ...room,
      id: roomId,
      title: `${room.title} (copy)`,
      chosen: Object.fromEntries(Object.entries(room.chosen).map(([from, to]) => [renamed(from), renamed(to)])),
      draftFiles: [],
    },
    turns: turns.map((turn) => ({
      ...turn,
      roomId,
      id: renamed(turn.id),
      parentId: renamed(turn.parentId),
      files: turn.files.map((file) => ({ ...file, id: fileIds.get(file.id) ?? file.id })),
    })),
    files: files.map((file) => {
      const id = fileIds.get(file.id) ?? file.id;
      return { id, roomId, attachment: { ...file.attachment, id } };
    }),
  };
}
