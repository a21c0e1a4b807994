import type { Room, Turn } from "./types";

const SAVED_EVERY_MS = 250;

export interface Unsaved {
  rooms: Room[];
  turns: Turn[];
}

/** What the keeper writes to. Everything it is given is plain data. */
export interface Sink {
  saveRoom(room: Room): Promise<void>;
  saveTurns(turns: Turn[]): Promise<void>;
}

/**
 * Writes what changed, at most four times a second: while an answer streams its turn changes with every frame. What
 * still waits when the page goes away is `pending`.
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

  /** Rooms and turns that wait, as plain data. */
  pending(): Unsaved {
    return {
      rooms: [...this.#rooms.values()].map((room) => this.#plain(room)),
      turns: [...this.#turns.values()].map((turn) => this.#plain(turn)),
    };
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { rooms, turns } = this.pending();
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
