import { path, shownAnswer } from "../rooms/tree";
import type { WholeRoom } from "../rooms/types";

/** The branch that is shown, as a document. */
export function asMarkdown({ room, turns }: WholeRoom, nameOf: (model: string) => string): string {
  const lines = [`# ${room.title}`, ""];
  for (const turn of path(room, turns)) {
    lines.push("## You", "");
    if (turn.text !== "") lines.push(turn.text, "");
    for (const file of turn.files) lines.push(`*Attached: ${file.name}*`, "");
    for (const column of room.columns) {
      const answer = shownAnswer(turn, column.id);
      if (answer === undefined || answer.text === "") continue;
      lines.push(`## ${nameOf(answer.model)}`, "", answer.text, "");
      answer.sources.forEach((source, at) => lines.push(`${at + 1}. [${source.title}](${source.url})`));
      if (answer.sources.length > 0) lines.push("");
    }
  }
  return lines.join("\n");
}
