import type { Session } from "../../../api/session";
import { ApiError, deleteRoom, listRooms, readRoom, storeRoom } from "../../../chat-sync/api";
import { readText, write } from "../preferences";
import type { Library } from "../rooms/library.svelte";
import { markInterrupted } from "../rooms/tree";
import type { WholeRoom } from "../rooms/types";
import { Marks } from "./marks";
import { merged } from "./merge";

const PUSHED_AFTER_MS = 1500;
const PULLED_EVERY_MS = 30_000;
const MODE = "trunkline-chat-mode";

export type Mode = "device" | "synced";

/**
 * Keeps the rooms of this browser and those on the server alike (site.md CHAT-02). The browser's database stays what the
 * page works with, so everything goes on without the server; changes wait, marked, until it answers.
 */
export class Sync {
  mode: Mode = $state("device");
  /** What is in the way, in words; null: nothing. */
  problem: string | null = $state(null);
  readonly #library: Library;
  readonly #session: Session;
  readonly #shelf: string;
  readonly #marks: Marks;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();

  /** `shelf` names what this browser keeps; empty for a stranger, who has nothing to sync. */
  constructor(library: Library, session: Session, shelf: string) {
    this.#library = library;
    this.#session = session;
    this.#shelf = shelf;
    this.#marks = new Marks(shelf);
    this.mode = shelf !== "" && readText(`${MODE}:${shelf}`) === "synced" ? "synced" : "device";
    library.changed = (roomId) => this.#changed(roomId);
    library.removed = (roomId) => this.#removed(roomId);
  }

  /** Begins, in either mode; in `synced` it asks now, then every half minute and when somebody comes back. */
  start(): void {
    const pull = (): void => void (this.mode === "synced" && document.visibilityState === "visible" && this.now());
    setInterval(pull, PULLED_EVERY_MS);
    document.addEventListener("visibilitychange", pull);
    pull();
  }

  /** Where rooms are kept from now on. Those that are here go to the server; turning it off leaves both as they are. */
  async choose(mode: Mode): Promise<void> {
    this.mode = mode;
    this.problem = null;
    write(`${MODE}:${this.#shelf}`, mode);
    this.#marks.clear();
    if (mode === "device") return;
    for (const room of this.#library.rooms) this.#marks.dirty(room.id);
    await this.now();
  }

  /** Brings both sides together. Runs one after the other, never twice at once. */
  now(): Promise<void> {
    this.#running = this.#running.then(() => this.#together());
    return this.#running;
  }

  async #together(): Promise<void> {
    try {
      await this.#pull();
      for (const id of this.#marks.ids()) if (this.#marks.get(id).isDirty) await this.#push(id);
      this.problem = null;
    } catch (reason) {
      if (reason instanceof ApiError) this.problem = reason.message;
      else if (reason instanceof TypeError) this.problem = "The instance does not answer; changes wait here.";
      else throw reason;
    }
  }

  async #pull(): Promise<void> {
    const { rooms } = await listRooms(this.#session);
    for (const head of rooms) {
      const mark = this.#marks.get(head.id);
      if (head.version > mark.version && !this.#library.isBusy(head.id)) await this.#fetch(head.id);
    }
    const there = new Set(rooms.map((head) => head.id));
    for (const id of this.#marks.ids()) {
      if (this.#marks.get(id).version > 0 && !there.has(id)) await this.#gone(id);
    }
  }

  /** Takes the server's room, together with what changed here meanwhile. */
  async #fetch(id: string): Promise<void> {
    const { document, version } = await readRoom(this.#session, id);
    const there = document as WholeRoom;
    const here = this.#marks.get(id).isDirty ? await this.#library.whole(id) : undefined;
    await this.#library.adopt(here === undefined ? there : merged(here, there));
    this.#marks.set(id, { version, isDirty: here !== undefined });
  }

  async #push(id: string): Promise<void> {
    if (this.#library.isBusy(id)) {
      this.#later();
      return;
    }
    const whole = await this.#library.whole(id);
    if (whole === undefined) {
      this.#marks.forget(id);
      return;
    }
    const { version } = this.#marks.get(id);
    this.#marks.set(id, { version, isDirty: false });
    try {
      const { title, isPinned } = whole.room;
      const change = { version, title, is_pinned: isPinned, document: withoutDraft(whole) };
      const { workspace } = this.#session;
      const head = await storeRoom(this.#session, id, workspace === undefined ? change : { ...change, workspace });
      this.#marks.set(id, { ...this.#marks.get(id), version: head.version });
    } catch (reason) {
      await this.#refused(id, reason);
    }
  }

  async #refused(id: string, reason: unknown): Promise<void> {
    this.#marks.dirty(id);
    if (!(reason instanceof ApiError)) throw reason;
    if (reason.status === 409) {
      await this.#fetch(id); // another browser was faster: what it said comes in, then both go out
      this.#later();
    } else if (reason.status === 404) {
      await this.#gone(id);
    } else {
      throw reason;
    }
  }

  /** It was deleted in another browser. */
  async #gone(id: string): Promise<void> {
    this.#marks.forget(id);
    await this.#library.drop(id);
  }

  #changed(roomId: string): void {
    if (this.mode !== "synced") return;
    this.#marks.dirty(roomId);
    this.#later();
  }

  #removed(roomId: string): void {
    if (this.mode !== "synced") return;
    this.#marks.forget(roomId);
    this.#running = this.#running.then(async () => {
      try {
        await deleteRoom(this.#session, roomId);
      } catch {
        this.problem = "A deleted room is still on the server: it did not answer. Delete it again when it comes back.";
      }
    });
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.now(), PUSHED_AFTER_MS);
  }
}

/** What is being typed belongs to the browser in which it is typed. */
function withoutDraft({ room, turns, files }: WholeRoom): WholeRoom {
  markInterrupted(turns);
  const drafted = new Set(room.draftFiles.map((file) => file.id));
  return { room: { ...room, draft: "", draftFiles: [] }, turns, files: files.filter((file) => !drafted.has(file.id)) };
}
