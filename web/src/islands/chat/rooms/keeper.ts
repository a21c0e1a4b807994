import type { Room, Turn } from "./types";

const SAVED_EVERY_MS = 250;

/** What the keeper writes to. Everything it is given is plain data. */
export interface Sink {
  saveRoom(room: Room): Promise<void>;
  saveTurns(turns: Turn[]): Promise<void>;
}

/**
 * Writes what changed, at most four times a second, and at once when the page goes away. While an answer streams its
 * turn changes with every frame; what a reload loses is a quarter of a second.
 */
export class Keeper {
  readonly #sink: Sink;
  readonly #plain: <T>(live: T) => T;
  readonly #failed: (reason: unknown) => void;
  readonly #rooms = new Map<string, Room>();
  readonly #turns = new Map<string, Turn>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `plain` turns live state into data; `failed` hears why something could not be written. */
  constructor(sink: Sink, plain: <T>(live: T) => T, failed: (reason: unknown) => void) {
    this.#sink = sink;
    this.#plain = plain;
    this.#failed = failed;
  }

  room(room: Room): void {
    this.#rooms.set(room.id, room);
    this.#later();
  }

  turn(turn: Turn): void {
    this.#turns.set(turn.id, turn);
    this.#later();
  }

  /** Nothing of a room that was deleted may be written again. */
  forget(roomId: string): void {
    this.#rooms.delete(roomId);
    for (const [id, turn] of this.#turns) if (turn.roomId === roomId) this.#turns.delete(id);
  }

  forgetTurns(ids: string[]): void {
    for (const id of ids) this.#turns.delete(id);
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rooms = [...this.#rooms.values()].map((room) => this.#plain(room));
    const turns = [...this.#turns.values()].map((turn) => this.#plain(turn));
    this.#rooms.clear();
    this.#turns.clear();
    try {
      await Promise.all([...rooms.map((room) => this.#sink.saveRoom(room)), this.#sink.saveTurns(turns)]);
    } catch (reason) {
      this.#failed(reason);
    }
  }

  #later(): void {
    this.#timer ??= setTimeout(() => void this.flush(), SAVED_EVERY_MS);
  }
}
