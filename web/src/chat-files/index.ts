// Files that go along with a prompt: read in the browser, sent as parts of the message's content.

export type AttachmentKind = "image" | "pdf" | "text" | "audio" | "video";

export interface Attachment {
  id: string;
  kind: AttachmentKind;
  name: string;
  mediaType: string;
  bytes: number;
  /** A data URL; of a text the text itself. */
  data: string;
  /** What was done to it, for people. */
  note?: string;
}

export type ContentPart = { type: string } & Record<string, unknown>;

/** Why a file cannot be used; the message is for people. */
export class AttachmentRefused extends Error {}

/** For `<input type=file accept>`. */
export const ACCEPTED = "image/*,application/pdf,audio/*,video/*,text/*,.md,.csv,.json,.py,.ts,.js,.html,.css,.sql,.toml,.yaml,.yml";

const BYTES_MAX = 20 * 1024 * 1024;
const MODALITIES: Record<AttachmentKind, string> = {
  image: "image",
  pdf: "file",
  text: "text",
  audio: "audio",
  video: "video",
};

/** Reads a file. Throws AttachmentRefused for one that is too large or that is no text and of no known kind. */
export async function readAttachment(file: File): Promise<Attachment> {
  if (file.size > BYTES_MAX) throw new AttachmentRefused(`${file.name} is larger than 20 MB.`);
  const kind = kindOf(file.type);
  const data = kind === "text" ? await textOf(file) : await dataUrlOf(file);
  const random = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0"));
  return { id: `file-${random.join("")}`, kind, name: file.name, mediaType: file.type, bytes: file.size, data };
}

/** The part of a message that carries it. */
export function contentPart(attachment: Attachment): ContentPart {
  const { kind, name, mediaType, data } = attachment;
  switch (kind) {
    case "image":
      return { type: "image_url", image_url: { url: data } };
    case "pdf":
      return { type: "file", file: { filename: name, file_data: data } };
    case "audio": {
      const format = mediaType.includes("wav") ? "wav" : "mp3";
      return { type: "input_audio", input_audio: { data: data.slice(data.indexOf(",") + 1), format } };
    }
    case "video":
      return { type: "video_url", video_url: { url: data } };
    case "text":
      return { type: "text", text: `${name}:\n\n${data}` };
  }
}

/** Why a model cannot take it, in words; null: it can (site.md CHAT-14). */
export function whyRefused(model: { input_modalities: readonly string[] }, attachment: Attachment): string | null {
  const needed = MODALITIES[attachment.kind];
  const isTaken = needed === "text" || model.input_modalities.includes(needed);
  return isTaken ? null : `does not take ${attachment.kind === "pdf" ? "PDF files" : `${attachment.kind} files`}`;
}

function kindOf(mediaType: string): AttachmentKind {
  if (mediaType === "application/pdf") return "pdf";
  for (const kind of ["image", "audio", "video"] as const) if (mediaType.startsWith(`${kind}/`)) return kind;
  return "text";
}

async function textOf(file: File): Promise<string> {
  const text = await file.text();
  if (text.includes("\u0000")) throw new AttachmentRefused(`${file.name} is neither text nor a kind of file that models take.`);
  return text;
}

function dataUrlOf(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new AttachmentRefused(`${file.name} could not be read.`));
    reader.readAsDataURL(file);
  });
}
