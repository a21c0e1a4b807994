// The browser's own database, one for each account, so that two people at one browser do not read each other's rooms.

import { contains, type Shelf } from "./shelf";
import type { Room, StoredFile, Turn } from "./types";

const VERSION = 1;
const BY_ROOM = "roomId";

/** Opens it. Rejects where the browser has none or forbids it (private windows, full disks). */
export function openDatabase(account: string): Promise<DatabaseShelf> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(`trunkline-chat-${account || "stranger"}`, VERSION);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("rooms", { keyPath: "id" });
      for (const name of ["turns", "files"]) {
        opening.result.createObjectStore(name, { keyPath: "id" }).createIndex(BY_ROOM, "roomId");
      }
    };
    opening.onsuccess = () => resolve(new DatabaseShelf(opening.result));
    opening.onerror = () => reject(opening.error ?? new Error("the database did not open"));
    opening.onblocked = () => reject(new Error("the database is in use by an older page"));
  });
}

export class DatabaseShelf implements Shelf {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
    // Another tab wants to upgrade or delete it: let go, the next write says that it is gone.
    database.onversionchange = () => database.close();
  }

  rooms(): Promise<Room[]> {
    return this.#read<Room>("rooms", (store) => store.getAll());
  }

  turns(roomId: string): Promise<Turn[]> {
    return this.#read<Turn>("turns", (store) => store.index(BY_ROOM).getAll(roomId));
  }

  files(roomId: string): Promise<StoredFile[]> {
    return this.#read<StoredFile>("files", (store) => store.index(BY_ROOM).getAll(roomId));
  }

  containing(text: string): Promise<Set<string>> {
    const hits = new Set<string>();
    const lowered = text.toLowerCase();
    return new Promise((resolve, reject) => {
      // One after the other: all turns of all rooms at once may be a lot of memory.
      const walking = this.#database.transaction("turns", "readonly").objectStore("turns").openCursor();
      walking.onerror = () => reject(walking.error ?? new Error("the database did not answer"));
      walking.onsuccess = () => {
        const cursor = walking.result;
        if (cursor === null) {
          resolve(hits);
          return;
        }
        const turn = cursor.value as Turn;
        if (!hits.has(turn.roomId) && contains(turn, lowered)) hits.add(turn.roomId);
        cursor.continue();
      };
    });
  }

  saveRoom(room: Room): Promise<void> {
    return this.#write(["rooms"], (open) => void open("rooms").put(room));
  }

  saveTurns(turns: Turn[]): Promise<void> {
    return this.#write(["turns"], (open) => turns.forEach((turn) => open("turns").put(turn)));
  }

  saveFiles(files: StoredFile[]): Promise<void> {
    return this.#write(["files"], (open) => files.forEach((file) => open("files").put(file)));
  }

  removeTurns(ids: string[]): Promise<void> {
    return this.#write(["turns"], (open) => ids.forEach((id) => open("turns").delete(id)));
  }

  removeRoom(id: string): Promise<void> {
    return this.#write(["rooms", "turns", "files"], (open) => {
      open("rooms").delete(id);
      for (const name of ["turns", "files"]) {
        const walking = open(name).index(BY_ROOM).openKeyCursor(id);
        walking.onsuccess = () => {
          if (walking.result === null) return;
          open(name).delete(walking.result.primaryKey);
          walking.result.continue();
        };
      }
    });
  }

  #read<T>(name: string, ask: (store: IDBObjectStore) => IDBRequest<T[]>): Promise<T[]> {
    return new Promise((resolve, reject) => {
      const asked = ask(this.#database.transaction(name, "readonly").objectStore(name));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error ?? new Error("the database did not answer"));
    });
  }

  #write(names: string[], act: (open: (name: string) => IDBObjectStore) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(names, "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the database refused to write"));
      act((name) => transaction.objectStore(name));
    });
  }
}
