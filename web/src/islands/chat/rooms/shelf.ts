import type { Room, StoredFile, Turn } from "./types";

/** Where rooms are kept. Writing rejects when there is no room left or the browser forbids it. */
export interface Shelf {
  rooms(): Promise<Room[]>;
  turns(roomId: string): Promise<Turn[]>;
  files(roomId: string): Promise<StoredFile[]>;
  /** Rooms in which a prompt or an answer contains a text, whatever its case. */
  containing(text: string): Promise<Set<string>>;
  saveRoom(room: Room): Promise<void>;
  saveTurns(turns: Turn[]): Promise<void>;
  saveFiles(files: StoredFile[]): Promise<void>;
  removeTurns(ids: string[]): Promise<void>;
  /** The room with all its turns and files. */
  removeRoom(id: string): Promise<void>;
}

/** Whether a turn contains a text that is given in lower case. */
export function contains(turn: Turn, lowered: string): boolean {
  const texts = [turn.text, ...Object.values(turn.answers).flatMap((answers) => answers.map((answer) => answer.text))];
  return texts.some((text) => text.toLowerCase().includes(lowered));
}

/** Kept as long as the page is open: temporary chats, and where the browser has no database. */
export class MemoryShelf implements Shelf {
  readonly #rooms = new Map<string, Room>();
  readonly #turns = new Map<string, Turn>();
  readonly #files = new Map<string, StoredFile>();

  async rooms(): Promise<Room[]> {
    return [...this.#rooms.values()].map((room) => structuredClone(room));
  }

  async turns(roomId: string): Promise<Turn[]> {
    return [...this.#turns.values()].filter((turn) => turn.roomId === roomId).map((turn) => structuredClone(turn));
  }

  async files(roomId: string): Promise<StoredFile[]> {
    return [...this.#files.values()].filter((file) => file.roomId === roomId);
  }

  async containing(text: string): Promise<Set<string>> {
    const hits = [...this.#turns.values()].filter((turn) => contains(turn, text.toLowerCase()));
    return new Set(hits.map((turn) => turn.roomId));
  }

  async saveRoom(room: Room): Promise<void> {
    this.#rooms.set(room.id, room);
  }

  async saveTurns(turns: Turn[]): Promise<void> {
    for (const turn of turns) this.#turns.set(turn.id, turn);
  }

  async saveFiles(files: StoredFile[]): Promise<void> {
    for (const file of files) this.#files.set(file.id, file);
  }

  async removeTurns(ids: string[]): Promise<void> {
    for (const id of ids) this.#turns.delete(id);
  }

  async removeRoom(id: string): Promise<void> {
    this.#rooms.delete(id);
    for (const turn of await this.turns(id)) this.#turns.delete(turn.id);
    for (const file of await this.files(id)) this.#files.delete(file.id);
  }
}
