import type { Artifact } from "../../render";
import type { Session } from "../../api/session";
import { Runner } from "./answers/runner";
import { ChatApi } from "./api";
import { Models } from "./models/models.svelte";
import { readText, write } from "./preferences";
import { Library } from "./rooms/library.svelte";
import type { OpenRoom } from "./rooms/open.svelte";
import type { Answer, Column, Turn } from "./rooms/types";
import { Sync } from "./sync/sync.svelte";
import { chosenWorkspace, type Workspace } from "./workspaces";

const SIDEBAR = "chat-sidebar";
const SAID_MAX = 6;

/** What stands in front of the room, one at a time. */
export type Dialog =
  | { name: "picker"; title: string; choose: (model: string) => void }
  | { name: "settings"; column: Column }
  | { name: "room" }
  | { name: "keeping" }
  | { name: "share" }
  | { name: "confirm"; title: string; text: string; action: string; confirmed: () => void }
  | { name: "rename"; roomId: string }
  | { name: "feedback"; generationId: string; model: string }
  | { name: "raw"; answer: Answer; turn: Turn; column: Column }
  | { name: "import"; file: File }
  | { name: "artifact"; artifact: Artifact };

interface Said {
  id: number;
  text: string;
}

/** The state of the page: what it works with, the room that is open, and what stands in front of it. */
export class Chat {
  readonly account: string;
  readonly workspaces: Workspace[];
  /** Where the room is, and what is asked is charged; undefined for a stranger. */
  readonly workspace: Workspace | undefined;
  readonly api: ChatApi;
  readonly models = new Models();
  readonly library = new Library();
  readonly runner: Runner;
  readonly sync: Sync;

  open: OpenRoom = $state.raw()!;
  dialog: Dialog | null = $state.raw(null);
  isSidebarShown: boolean = $state(readText(SIDEBAR) !== "hidden" && !isNarrow());
  /** The column that a phone shows; the others are behind tabs. */
  activeColumn = $state("");
  /** Columns with an answer that a phone has not shown yet. */
  unread: string[] = $state([]);
  /** What screen readers are told, last things last. */
  said: Said[] = $state([]);
  /** Turn whose prompt is being edited. */
  editing: string | null = $state(null);
  #count = 0;

  /** `account` is empty for a stranger, who may look around and has to sign in to ask. */
  constructor(account: string, formToken: string, workspaces: Workspace[]) {
    this.account = account;
    this.workspaces = workspaces;
    this.workspace = chosenWorkspace(account, workspaces);
    const session: Session = { formToken };
    if (this.workspace?.isDefault === false) session.workspace = this.workspace.id;
    this.api = new ChatApi(account, session);
    this.runner = new Runner(this.api);
    this.sync = new Sync(this.library, session, this.shelf);
    this.open = this.library.begin([]);
  }

  /** Name of what this browser keeps: rooms of one account and workspace are apart from those of another. */
  get shelf(): string {
    return this.workspace?.isDefault === false ? `${this.account}-${this.workspace.id}` : this.account;
  }

  get isSignedIn(): boolean {
    return this.account !== "";
  }

  /** Shows a room. */
  show(open: OpenRoom): void {
    this.open = open;
    this.editing = null;
    this.unread = [];
    this.activeColumn = open.room.columns[0]?.id ?? "";
    if (isNarrow()) this.isSidebarShown = false;
  }

  toggleSidebar(): void {
    this.isSidebarShown = !this.isSidebarShown;
    if (!isNarrow()) write(SIDEBAR, this.isSidebarShown ? "shown" : "hidden");
  }

  activate(columnId: string): void {
    this.activeColumn = columnId;
    this.unread = this.unread.filter((each) => each !== columnId);
  }

  /** Says something to screen readers, once. */
  announce(text: string): void {
    this.#count += 1;
    this.said = [...this.said, { id: this.#count, text }].slice(-SAID_MAX);
  }
}

/** Whether the page is as narrow as a phone. */
export function isNarrow(): boolean {
  return matchMedia("(max-width: 47.99rem)").matches;
}
