// The chat's own file: rooms with all branches, settings and attachments, so that an import gives what was exported.

import type { Room, WholeRoom } from "../rooms/types";

export const FORMAT = "trunkline-chat";
export const VERSION = 1;

export interface RoomsFile {
  format: typeof FORMAT;
  version: number;
  exportedAt: string;
  rooms: WholeRoom[];
}

export function fileOf(rooms: WholeRoom[]): RoomsFile {
  return { format: FORMAT, version: VERSION, exportedAt: new Date().toISOString(), rooms };
}

/** A file's name from a room's title. */
export function fileName(title: string, suffix: string): string {
  const plain = title
    .normalize("NFKD")
    .replace(/[^\w\s-]/g, "")
    .trim()
    .replace(/\s+/g, "-")
    .toLowerCase()
    .slice(0, 60);
  return `${plain || "chat"}.${suffix}`;
}

export function isRoom(value: unknown): value is Room {
  return typeof value === "object" && value !== null && "id" in value && "columns" in value && "chosen" in value;
}
