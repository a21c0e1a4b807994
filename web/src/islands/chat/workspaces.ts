import { readText, write } from "./preferences";

/** A workspace that rooms can be in: it pays and rules for what is asked in them. */
export interface Workspace {
  id: string;
  name: string;
  isDefault: boolean;
  /** What new rooms begin with; null: no wish. */
  model: string | null;
}

const CHOSEN = "trunkline-chat-workspace";

/** The one that was chosen in this browser, else the default; undefined for strangers. */
export function chosenWorkspace(account: string, all: Workspace[]): Workspace | undefined {
  const id = readText(`${CHOSEN}:${account}`);
  return all.find((each) => each.id === id) ?? all.find((each) => each.isDefault) ?? all[0];
}

export function rememberWorkspace(account: string, id: string): void {
  write(`${CHOSEN}:${account}`, id);
}
