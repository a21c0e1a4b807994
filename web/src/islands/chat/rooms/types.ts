// What a room is made of. All of it is plain data: it goes into the browser's database, into exported files and to the
// server just as it stands. Money is nano-USD, moments are milliseconds since 1970.

import type { Attachment } from "../../../chat-files";

/** A room: its models, and a tree of turns of which one path is shown. */
export interface Room {
  id: string;
  title: string;
  /** The title is somebody's own; otherwise it follows the first prompt. */
  isNamed: boolean;
  isPinned: boolean;
  createdAt_ms: number;
  updatedAt_ms: number;
  columns: Column[];
  /** Which child is shown: id of a turn (`""` before the first) → id of its child. */
  chosen: Record<string, string>;
  /** What the room has cost, deleted answers and other branches included; a forked room begins at 0. */
  spent_nanousd: number;
  /** How many earlier messages go along; null: all. */
  contextMessages: number | null;
  /** Each model sees the answers of all, not only its own (CHAT-08). */
  isShared: boolean;
  view: "columns" | "stacked";
  draft: string;
  draftFiles: FileReference[];
}

/** A model in a room. */
export interface Column {
  id: string;
  model: string;
  isMuted: boolean;
  settings: ColumnSettings;
}

/** What is absent is left to the model. Names are those of the request. */
export interface ColumnSettings {
  system?: string;
  temperature?: number;
  top_p?: number;
  top_k?: number;
  frequency_penalty?: number;
  presence_penalty?: number;
  max_tokens?: number;
  effort?: string;
  /** Slug of the provider to use and no other. */
  provider?: string;
  preset?: string;
}

/** A prompt and what the columns answered to it. */
export interface Turn {
  id: string;
  roomId: string;
  /** The turn before, `""` for the first. Turns with one parent are versions of each other. */
  parentId: string;
  text: string;
  files: FileReference[];
  at_ms: number;
  /** Column id → its answers, oldest first. */
  answers: Record<string, Answer[]>;
  /** Column id → position of the answer that is shown; absent: the last. */
  shown: Record<string, number>;
}

export type AnswerState = "waiting" | "streaming" | "done" | "stopped" | "interrupted" | "failed";

export interface Answer {
  id: string;
  model: string;
  state: AnswerState;
  text: string;
  reasoning: string;
  /** How long it reasoned before its first word. */
  reasoned_ms: number;
  tools: ToolCall[];
  /** Data URLs. */
  images: string[];
  sources: Source[];
  failure: Failure | null;
  /** One for each request: continuing an answer adds one. */
  runs: Run[];
}

export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

/** What an answer rests on, numbered from 1 in its text. */
export interface Source {
  url: string;
  title: string;
}

/** A request that was made for an answer, and what became of it. Unknown is null. */
export interface Run {
  generationId: string | null;
  /** Who answered, which differs from what was asked for with routers and fallbacks. */
  model: string | null;
  provider: string | null;
  startedAt_ms: number;
  latency_ms: number | null;
  took_ms: number | null;
  promptTokens: number | null;
  completionTokens: number | null;
  reasoningTokens: number | null;
  cost_nanousd: number | null;
  finish: string | null;
}

/** What went wrong, as the API said it. `status` 0: nothing answered. */
export interface Failure {
  status: number;
  type: string;
  /** Of `availability`, where the request could not be served at all. */
  code: string | null;
  message: string;
  provider: string | null;
  requestId: string | null;
  retryAt_ms: number | null;
}

/** A file of a prompt. Its content is stored apart, because turns are written often and files once. */
export type FileReference = Omit<Attachment, "data">;

export interface StoredFile {
  id: string;
  roomId: string;
  attachment: Attachment;
}

/** A whole room, as it is exported and synced. */
export interface WholeRoom {
  room: Room;
  turns: Turn[];
  files: StoredFile[];
}
