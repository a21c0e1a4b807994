// A file that was chosen, dropped or pasted becomes an attachment.

import { type Attachment, type AttachmentKind, AttachmentRefused } from "./attachment";
import { kindOf } from "./kinds";
import { fitted } from "./pictures";
import { formatOf, toWav } from "./sound";

const MB = 1024 * 1024;
/** Of the file as it is; pictures are made smaller afterwards. All of a message must fit into one request. */
const BYTES_MAX: Readonly<Record<AttachmentKind, number>> = {
  image: 50 * MB,
  pdf: 20 * MB,
  text: MB,
  audio: 20 * MB,
  video: 20 * MB,
};

/** Reads a file. Throws AttachmentRefused. */
export async function readAttachment(file: File): Promise<Attachment> {
  const { kind, mediaType } = await kindOf(file);
  const most = BYTES_MAX[kind];
  if (file.size > most) throw new AttachmentRefused(`${file.name} is larger than ${most / MB} MB.`);
  if (file.size === 0) throw new AttachmentRefused(`${file.name} is empty.`);
  const made = { id: newId(), kind, name: file.name || `Pasted ${kind}` };
  if (kind === "text") return { ...made, mediaType, bytes: file.size, data: await textOf(file) };
  if (kind === "image") {
    const { blob, ...picture } = await fitted(file, mediaType);
    return { ...made, ...picture, bytes: blob.size, data: await dataUrl(blob, picture.mediaType) };
  }
  if (kind === "audio" && formatOf(mediaType) === undefined) {
    const wav = await toWav(file);
    return { ...made, mediaType: wav.type, bytes: wav.size, data: await dataUrl(wav, wav.type), note: "made into WAV" };
  }
  return { ...made, mediaType, bytes: file.size, data: await dataUrl(file, mediaType) };
}

/** `crypto.randomUUID` is missing on plain http. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `file-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

async function textOf(file: File): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new AttachmentRefused(`${file.name} is not text in UTF-8.`);
  }
}

function dataUrl(blob: Blob, mediaType: string): Promise<string> {
  const reader = new FileReader();
  return new Promise((done, fail) => {
    reader.onload = () => done(`data:${mediaType};base64,${String(reader.result).split(",", 2)[1] ?? ""}`);
    reader.onerror = () => fail(new AttachmentRefused("The file could not be read."));
    reader.readAsDataURL(blob);
  });
}
