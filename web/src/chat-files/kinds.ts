// What a file is: by how it begins, because names and the types that systems give them are often wrong.

import { type AttachmentKind, AttachmentRefused } from "./attachment";

export interface Kind {
  kind: AttachmentKind;
  mediaType: string;
}

/** For `<input type=file accept>`. */
export const ACCEPTED =
  "image/*,application/pdf,audio/*,video/mp4,video/webm,video/quicktime,text/*," +
  ".md,.csv,.tsv,.json,.jsonl,.xml,.yaml,.yml,.toml,.ini,.log,.sql,.py,.js,.ts,.jsx,.tsx,.svelte,.vue,.css,.html," +
  ".java,.kt,.go,.rs,.c,.h,.cpp,.hpp,.cs,.rb,.php,.swift,.sh,.tex,.svg";

const HEAD_BYTES = 4096;

/** Begins with these bytes, at this place. */
const SIGNS: readonly (readonly [string, number, Kind])[] = [
  ["\x89PNG\r\n\x1a\n", 0, { kind: "image", mediaType: "image/png" }],
  ["\xff\xd8\xff", 0, { kind: "image", mediaType: "image/jpeg" }],
  ["GIF8", 0, { kind: "image", mediaType: "image/gif" }],
  ["WEBP", 8, { kind: "image", mediaType: "image/webp" }],
  ["BM", 0, { kind: "image", mediaType: "image/bmp" }],
  ["ftypavif", 4, { kind: "image", mediaType: "image/avif" }],
  ["ftyphei", 4, { kind: "image", mediaType: "image/heic" }],
  ["ftypmif1", 4, { kind: "image", mediaType: "image/heic" }],
  ["%PDF-", 0, { kind: "pdf", mediaType: "application/pdf" }],
  ["WAVE", 8, { kind: "audio", mediaType: "audio/wav" }],
  ["AIFF", 8, { kind: "audio", mediaType: "audio/aiff" }],
  ["ID3", 0, { kind: "audio", mediaType: "audio/mpeg" }],
  ["fLaC", 0, { kind: "audio", mediaType: "audio/flac" }],
  ["OggS", 0, { kind: "audio", mediaType: "audio/ogg" }],
  ["ftypM4A", 4, { kind: "audio", mediaType: "audio/mp4" }],
  ["ftypqt", 4, { kind: "video", mediaType: "video/quicktime" }],
  ["ftyp", 4, { kind: "video", mediaType: "video/mp4" }],
];
const OFFICE = /\.(docx?|xlsx?|pptx?|odt|ods|odp|pages|numbers|key)$/i;
const MATROSKA = "\x1aE\xdf\xa3";

/** The kind of a file. Throws AttachmentRefused for one that no model takes. */
export async function kindOf(file: File): Promise<Kind> {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  const found = SIGNS.find(([sign, at]) => head.startsWith(sign, at))?.[2] ?? frames(head, file.type);
  if (found !== undefined) return found;
  if (OFFICE.test(file.name)) throw new AttachmentRefused(`Save ${file.name} as PDF first: models do not read that format.`);
  if (head.includes("\0")) {
    throw new AttachmentRefused(`${file.name} is neither text nor a picture, a PDF, sound or a film.`);
  }
  return { kind: "text", mediaType: file.type.startsWith("text/") ? file.type : "text/plain" };
}

/** Sound without a head, and what a browser records, which may be either. */
function frames(head: string, given: string): Kind | undefined {
  if (head.startsWith(MATROSKA)) {
    const kind = given.startsWith("audio/") ? "audio" : "video";
    return { kind, mediaType: `${kind}/webm` };
  }
  const first = head.charCodeAt(1);
  if (head.charCodeAt(0) !== 0xff || (first & 0xe0) !== 0xe0 || (first & 0x18) === 0x08) return undefined;
  return { kind: "audio", mediaType: (first & 0x06) === 0 ? "audio/aac" : "audio/mpeg" };
}
