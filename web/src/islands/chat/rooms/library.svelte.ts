import { openDatabase } from "./database";
import { Keeper } from "./keeper";
import { leave, takeUp } from "./leftovers";
import { newRoom } from "./make";
import { OpenRoom } from "./open.svelte";
import { MemoryShelf, type Shelf } from "./shelf";
import { markInterrupted } from "./tree";
import type { Room, StoredFile, Turn, WholeRoom } from "./types";

const CHANGED = "trunkline-chat";

/** All rooms of this browser and account, and those that are open. */
export class Library {
  rooms: Room[] = $state([]);
  /** Why rooms are not kept, in words; null: they are (CHAT-06). */
  problem: string | null = $state(null);
  #shelf: Shelf = new MemoryShelf();
  #account = "";
  readonly #open = new Map<string, OpenRoom>();
  readonly #channel = new BroadcastChannel(CHANGED);
  readonly #keeper: Keeper;
  /** Hears of every change to a kept room but its draft, as often as each frame of a stream. */
  changed: (roomId: string) => void = () => {};
  /** Hears of rooms that were deleted here. */
  removed: (roomId: string) => void = () => {};
  /** Hears of rooms that are gone, wherever they were deleted. */
  dropped: (roomId: string) => void = () => {};

  constructor() {
    const sink = {
      saveRoom: async (room: Room) => {
        await this.#shelf.saveRoom(room);
        this.#channel.postMessage(room.id);
      },
      saveTurns: async (turns: Turn[]) => {
        await this.#shelf.saveTurns(turns);
        for (const id of new Set(turns.map((turn) => turn.roomId))) this.#channel.postMessage(id);
      },
    };
    this.#keeper = new Keeper(
      sink,
      (live) => $state.snapshot(live) as typeof live,
      () => (this.problem = "This browser has no space left for rooms. Export them and delete some."),
    );
    this.#channel.onmessage = (event: MessageEvent<string>) => void this.#changedElsewhere(event.data);
    addEventListener("pagehide", () => {
      leave(this.#account, this.#keeper.pending());
      void this.#keeper.flush();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.#keeper.flush();
    });
  }

  /** Reads the rooms of an account. Without a database everything works and nothing is kept. */
  async load(account: string): Promise<void> {
    this.#account = account;
    try {
      this.#shelf = await openDatabase(account);
      const left = takeUp(account);
      for (const room of left.rooms) await this.#shelf.saveRoom(room);
      await this.#shelf.saveTurns(left.turns);
      this.rooms = await this.#shelf.rooms();
    } catch {
      this.problem = "This browser does not let the site keep rooms. They are gone when the page is closed.";
    }
  }

  /** The room with its turns; undefined when it is gone. */
  async open(id: string): Promise<OpenRoom | undefined> {
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const room = this.rooms.find((each) => each.id === id);
    if (room === undefined) return undefined;
    const turns = await this.#shelf.turns(id);
    const interrupted = markInterrupted(turns);
    const open = new OpenRoom(room, turns);
    for (const file of await this.#shelf.files(id)) open.files.set(file.id, file.attachment);
    this.#forgetIdle();
    this.#open.set(id, open);
    if (interrupted.length > 0) await this.#shelf.saveTurns(interrupted);
    return open;
  }

  /** A new room. It is kept from its first change on. */
  begin(models: string[], isTemporary = false): OpenRoom {
    const open = new OpenRoom(newRoom(models), [], isTemporary);
    this.#open.set(open.room.id, open);
    return open;
  }

  /** The room changed: title, columns, settings. */
  touch(open: OpenRoom): void {
    this.touchDraft(open);
    if (!open.isTemporary && open.turns.length > 0) this.changed(open.room.id);
  }

  /** What is typed changed. A room that became blank again is not kept. */
  touchDraft(open: OpenRoom): void {
    if (open.isTemporary) return;
    const isListed = this.rooms.some((room) => room.id === open.room.id);
    if (open.isBlank && !open.room.isNamed) {
      if (isListed) void this.#forget(open.room.id);
      return;
    }
    open.room.updatedAt_ms = Date.now();
    if (!isListed) this.rooms.push(open.room);
    this.#keeper.room(open.room);
  }

  /** A turn changed. */
  touchTurn(open: OpenRoom, turn: Turn): void {
    if (open.isTemporary) return;
    this.#keeper.turn(turn);
    this.changed(turn.roomId);
  }

  /** Whether answers arrive in a room. */
  isBusy(roomId: string): boolean {
    return (this.#open.get(roomId)?.running.length ?? 0) > 0;
  }

  async keepFiles(open: OpenRoom, files: StoredFile[]): Promise<void> {
    for (const file of files) open.files.set(file.id, file.attachment);
    if (open.isTemporary) return;
    try {
      await this.#shelf.saveFiles(files);
    } catch {
      this.problem = "This browser has no space left for the file. It is sent, and gone when the page is closed.";
    }
  }

  async removeTurns(open: OpenRoom, turns: Turn[]): Promise<void> {
    const ids = turns.map((turn) => turn.id);
    open.turns = open.turns.filter((turn) => !ids.includes(turn.id));
    this.#keeper.forgetTurns(ids);
    if (open.isTemporary) return;
    await this.#shelf.removeTurns(ids);
    this.touch(open);
  }

  /** Deletes a room, here and wherever it is synced. */
  async remove(id: string): Promise<void> {
    await this.drop(id);
    this.removed(id);
  }

  /** Deletes a room here. */
  async drop(id: string): Promise<void> {
    this.#open.delete(id);
    await this.#forget(id);
    this.dropped(id);
  }

  /** Rooms whose messages contain a text. */
  containing(text: string): Promise<Set<string>> {
    return this.#shelf.containing(text);
  }

  /** A room as it is exported. */
  async whole(id: string): Promise<WholeRoom | undefined> {
    await this.#keeper.flush();
    const room = this.rooms.find((each) => each.id === id);
    if (room === undefined) return undefined;
    return {
      room: $state.snapshot(room),
      turns: await this.#shelf.turns(id),
      files: await this.#shelf.files(id),
    };
  }

  /** Takes in a room that was made elsewhere: imported, forked. */
  async take(whole: WholeRoom): Promise<void> {
    await this.adopt(whole);
    this.changed(whole.room.id);
  }

  /** Takes in a room as the server has it, in place of what has its id. */
  async adopt({ room, turns, files }: WholeRoom): Promise<void> {
    const before = await this.#shelf.turns(room.id);
    const kept = new Set(turns.map((turn) => turn.id));
    await this.#shelf.removeTurns(before.map((turn) => turn.id).filter((turnId) => !kept.has(turnId)));
    await this.#shelf.saveFiles(files);
    await this.#shelf.saveTurns(turns);
    await this.#shelf.saveRoom(room);
    await this.#changedElsewhere(room.id);
    this.#channel.postMessage(room.id);
  }

  /** Writes what waits. */
  flush(): Promise<void> {
    return this.#keeper.flush();
  }

  async #forget(id: string): Promise<void> {
    this.#keeper.forget(id);
    this.rooms = this.rooms.filter((room) => room.id !== id);
    await this.#shelf.removeRoom(id);
    this.#channel.postMessage(id);
  }

  /** Another tab wrote: what is shown here follows, unless answers arrive here. */
  async #changedElsewhere(roomId: string): Promise<void> {
    const open = this.#open.get(roomId);
    if (open !== undefined && open.running.length > 0) return;
    const stored = (await this.#shelf.rooms()).find((room) => room.id === roomId);
    const at = this.rooms.findIndex((room) => room.id === roomId);
    if (stored === undefined) {
      if (at < 0) return;
      this.rooms.splice(at, 1);
      this.#open.delete(roomId);
      this.dropped(roomId);
      return;
    }
    // The text that is typed here stays: two tabs would take each other's words.
    const before = this.rooms[at];
    if (before !== undefined) this.rooms[at] = { ...stored, draft: before.draft, draftFiles: before.draftFiles };
    else this.rooms.push(stored);
    if (open === undefined) return;
    open.room = this.rooms[at >= 0 ? at : this.rooms.length - 1] ?? stored;
    for (const file of await this.#shelf.files(roomId)) open.files.set(file.id, file.attachment);
    open.turns = await this.#shelf.turns(roomId);
  }

  #forgetIdle(): void {
    for (const [id, open] of this.#open) {
      if (open.running.length === 0 && !open.isTemporary) this.#open.delete(id);
    }
  }
}
