import { isRunning, path } from "./tree";
import type { Attachment } from "../../../chat-files";
import type { Answer, Column, Room, Turn } from "./types";

/** A room that is being looked at, or in which answers still arrive. */
export class OpenRoom {
  room: Room = $state()!;
  turns: Turn[] = $state([]);
  /** Contents of files, by id. */
  readonly files = new Map<string, Attachment>();
  /** In memory only, gone with the page (CHAT-04). */
  readonly isTemporary: boolean;

  /** The branch that is shown. */
  readonly shown: Turn[] = $derived(path(this.room, this.turns));
  readonly running: Answer[] = $derived(
    this.turns.flatMap((turn) => Object.values(turn.answers).flat()).filter((answer) => isRunning(answer)),
  );

  constructor(room: Room, turns: Turn[], isTemporary = false) {
    this.room = room;
    this.turns = turns;
    this.isTemporary = isTemporary;
  }

  column(id: string): Column | undefined {
    return this.room.columns.find((column) => column.id === id);
  }

  /** Nothing was asked and nothing is typed: not worth keeping. */
  get isBlank(): boolean {
    return this.turns.length === 0 && this.room.draft.trim() === "" && this.room.draftFiles.length === 0;
  }

  /** Adds a turn and shows it. The turn that is returned is the live one. */
  add(turn: Turn): Turn {
    this.turns.push(turn);
    this.room.chosen[turn.parentId] = turn.id;
    return this.turns[this.turns.length - 1] ?? turn;
  }
}
