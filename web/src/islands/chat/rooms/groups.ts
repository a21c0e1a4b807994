import type { Room } from "./types";

export interface RoomGroup {
  title: string;
  rooms: Room[];
}

const DAY_MS = 86_400_000;

/** Rooms as the sidebar lists them: pinned ones, then by the day of the last change in the viewer's zone (CHAT-01). */
export function grouped(rooms: Room[], now_ms: number): RoomGroup[] {
  const midnight = new Date(now_ms).setHours(0, 0, 0, 0);
  const limits = [
    { title: "Today", from_ms: midnight },
    { title: "Yesterday", from_ms: midnight - DAY_MS },
    { title: "Last 7 days", from_ms: midnight - 7 * DAY_MS },
    { title: "Older", from_ms: 0 },
  ];
  const groups: RoomGroup[] = [{ title: "Pinned", rooms: [] }, ...limits.map(({ title }) => ({ title, rooms: [] }))];
  for (const room of [...rooms].sort((one, other) => other.updatedAt_ms - one.updatedAt_ms)) {
    const at = room.isPinned ? 0 : 1 + limits.findIndex(({ from_ms }) => room.updatedAt_ms >= from_ms);
    groups[at]?.rooms.push(room);
  }
  return groups.filter((group) => group.rooms.length > 0);
}
