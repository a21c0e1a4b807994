import type { SharedMessage } from "../../../chat-sync/api";
import type { OpenRoom } from "../rooms/open.svelte";
import { shownAnswer } from "../rooms/tree";

/** What a link shows: the branch as it is now, each answer by its model. Files are named, not shown. */
export function sharedMessages({ room, shown }: OpenRoom): SharedMessage[] {
  return shown.flatMap((turn) => {
    const names = turn.files.map((file) => `[${file.name}]`).join(" ");
    const prompt: SharedMessage = { role: "user", text: [turn.text, names].filter(Boolean).join("\n\n") };
    const answers = room.columns.flatMap((column): SharedMessage[] => {
      const answer = shownAnswer(turn, column.id);
      if (answer === undefined || answer.text === "") return [];
      return [{ role: "assistant", text: answer.text, model: answer.model, sources: answer.sources }];
    });
    return [prompt, ...answers];
  });
}
