// What this browser knows of the rooms on the server: the version it has of each, and whether it changed since.

import { readText, write } from "../preferences";

export interface Mark {
  /** 0: the server has never had the room. */
  version: number;
  isDirty: boolean;
}

/** Kept in the browser's plain storage: small, and written at once. */
export class Marks {
  readonly #name: string;
  readonly #marks: Map<string, Mark>;

  constructor(shelf: string) {
    this.#name = `trunkline-chat-synced:${shelf}`;
    this.#marks = new Map(Object.entries(JSON.parse(readText(this.#name) ?? "{}") as Record<string, Mark>));
  }

  get(roomId: string): Mark {
    return this.#marks.get(roomId) ?? { version: 0, isDirty: false };
  }

  set(roomId: string, mark: Mark): void {
    this.#marks.set(roomId, mark);
    this.#keep();
  }

  /** The room changed here. Called with every frame of a stream, so that what is known already costs nothing. */
  dirty(roomId: string): void {
    const mark = this.get(roomId);
    if (!mark.isDirty) this.set(roomId, { ...mark, isDirty: true });
  }

  forget(roomId: string): void {
    this.#marks.delete(roomId);
    this.#keep();
  }

  clear(): void {
    this.#marks.clear();
    this.#keep();
  }

  ids(): string[] {
    return [...this.#marks.keys()];
  }

  #keep(): void {
    write(this.#name, JSON.stringify(Object.fromEntries(this.#marks)));
  }
}
