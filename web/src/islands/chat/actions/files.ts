import { toast } from "../../../ui/toast";
import { AttachmentRefused, readAttachment, type Attachment } from "../../../chat-files";
import type { Chat } from "../chat.svelte";
import type { FileReference } from "../rooms/types";

const FILES_MAX = 20;

/** Puts files to the prompt that is being written. What cannot be used is told, the rest is taken. */
export async function attach(chat: Chat, files: File[]): Promise<void> {
  const { open } = chat;
  const free = FILES_MAX - open.room.draftFiles.length;
  if (files.length > free) toast(`A prompt takes at most ${FILES_MAX} files; the first ${Math.max(0, free)} are taken.`);
  for (const file of files.slice(0, Math.max(0, free))) {
    try {
      const attachment = await readAttachment(file);
      await chat.library.keepFiles(open, [{ id: attachment.id, roomId: open.room.id, attachment }]);
      open.room.draftFiles.push(referenceTo(attachment));
      if (attachment.note !== undefined) toast(`${attachment.name}: ${attachment.note}`);
    } catch (reason) {
      if (!(reason instanceof AttachmentRefused)) throw reason;
      toast(reason.message);
    }
  }
  chat.library.touchDraft(open);
}

/** Takes a file back before it is sent. */
export function detach(chat: Chat, id: string): void {
  const { room } = chat.open;
  room.draftFiles = room.draftFiles.filter((file) => file.id !== id);
  chat.library.touchDraft(chat.open);
}

function referenceTo({ data: _, ...reference }: Attachment): FileReference {
  return reference;
}
