import type { Answer, Column, FileReference, Room, Run, Turn } from "./types";

export const CONTEXT_MESSAGES = 8;
export const COLUMNS_MAX = 8;
export const UNTITLED = "New chat";
const TITLE_CHARACTERS = 60;

/** An id that nothing else has. `crypto.randomUUID` is missing where a site has no https. */
export function newId(kind: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `${kind}-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

export function newColumn(model: string): Column {
  return { id: newId("col"), model, isMuted: false, settings: {} };
}

export function newRoom(models: string[]): Room {
  const now_ms = Date.now();
  return {
    id: newId("room"),
    title: UNTITLED,
    isNamed: false,
    isPinned: false,
    createdAt_ms: now_ms,
    updatedAt_ms: now_ms,
    columns: models.slice(0, COLUMNS_MAX).map(newColumn),
    chosen: {},
    spent_nanousd: 0,
    contextMessages: CONTEXT_MESSAGES,
    isShared: false,
    view: "columns",
    draft: "",
    draftFiles: [],
  };
}

export function newTurn(roomId: string, parentId: string, text: string, files: FileReference[]): Turn {
  return { id: newId("turn"), roomId, parentId, text, files, at_ms: Date.now(), answers: {}, shown: {} };
}

export function newAnswer(model: string): Answer {
  return {
    id: newId("answer"),
    model,
    state: "waiting",
    text: "",
    reasoning: "",
    reasoned_ms: 0,
    tools: [],
    images: [],
    sources: [],
    failure: null,
    runs: [],
  };
}

export function newRun(): Run {
  return {
    generationId: null,
    model: null,
    provider: null,
    startedAt_ms: Date.now(),
    latency_ms: null,
    took_ms: null,
    promptTokens: null,
    completionTokens: null,
    reasoningTokens: null,
    cost_nanousd: null,
    finish: null,
  };
}

/** A room's name from what was asked first. */
export function titleOf(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length <= TITLE_CHARACTERS ? line : `${line.slice(0, TITLE_CHARACTERS - 1).trimEnd()}…`;
}
