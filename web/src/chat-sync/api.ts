// Rooms that are kept on the server, and links to conversations (site.md CHAT-02).

import { type Session, sessionFetch } from "../api/session";
import type { Source } from "../render";

export interface RoomHead {
  id: string;
  workspace: string;
  /** Counts from 1; a change names the version that it is of. */
  version: number;
  title: string;
  is_pinned: boolean;
  bytes: number;
  created_at: string;
  updated_at: string;
}

export interface Room extends RoomHead {
  document: unknown;
}

export interface RoomList {
  /** All of the workspace, the last changed first. */
  rooms: RoomHead[];
  limits: { rooms: number; room_bytes: number; total_bytes: number };
  used_bytes: number;
}

export interface RoomChange {
  /** The one that was read; 0: the room is new. */
  version: number;
  title: string;
  is_pinned: boolean;
  document: unknown;
  /** Of a new room; absent: the default one. */
  workspace?: string;
}

export interface SharedMessage {
  role: "system" | "user" | "assistant";
  text: string;
  model?: string;
  sources?: readonly Source[];
}

export interface Share {
  id: string;
  room: string;
  title: string;
  url: string;
  created_at: string;
}

/** A refusal: what the server said, and its status. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly metadata: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }

  /** The version that the room has now, when another browser was faster. */
  get currentVersion(): number | null {
    const version = this.metadata["version"];
    return this.status === 409 && typeof version === "number" ? version : null;
  }
}

export async function listRooms(session: Session): Promise<RoomList> {
  return ask(session, "GET", `/chat/rooms${session.workspace === undefined ? "" : `?workspace=${encodeURIComponent(session.workspace)}`}`);
}

export async function readRoom(session: Session, id: string): Promise<Room> {
  return ask(session, "GET", `/chat/rooms/${encodeURIComponent(id)}`);
}

/** Stores a whole room. Throws an ApiError with `currentVersion` when another browser was faster, 404 when it is gone. */
export async function storeRoom(session: Session, id: string, change: RoomChange): Promise<RoomHead> {
  return ask(session, "PUT", `/chat/rooms/${encodeURIComponent(id)}`, change);
}

export async function deleteRoom(session: Session, id: string): Promise<void> {
  await ask(session, "DELETE", `/chat/rooms/${encodeURIComponent(id)}`);
}

/** A link to what `messages` are now. */
export async function shareRoom(
  session: Session,
  room: string,
  title: string,
  messages: readonly SharedMessage[],
): Promise<Share> {
  return ask(session, "POST", "/chat/shares", { room, title, messages });
}

export async function listShares(session: Session, room?: string): Promise<Share[]> {
  const { shares } = await ask<{ shares: Share[] }>(
    session,
    "GET",
    `/chat/shares${room === undefined ? "" : `?room=${encodeURIComponent(room)}`}`,
  );
  return shares;
}

export async function endShare(session: Session, id: string): Promise<void> {
  await ask(session, "DELETE", `/chat/shares/${encodeURIComponent(id)}`);
}

/** One call. Throws ApiError, and what `fetch` throws when nothing answers. */
async function ask<T>(session: Session, method: string, path: string, body?: unknown): Promise<T> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const response = await sessionFetch(session, path, { method, ...sent });
  if (!response.ok) throw await refusal(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function refusal(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string; metadata?: Record<string, unknown> } };
  return new ApiError(response.status, body.error?.message ?? `The server answered ${response.status}.`, body.error?.metadata ?? {});
}
