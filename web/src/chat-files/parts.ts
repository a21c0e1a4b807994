// Attachments in a request, and which models take them (inference.md 10, site.md CHAT-14).

import type { Attachment, AttachmentKind } from "./attachment";
import { formatOf } from "./sound";

export type ContentPart =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string } }
  | { type: "file"; file: { filename: string; file_data: string } }
  | { type: "input_audio"; input_audio: { data: string; format: string } }
  | { type: "video_url"; video_url: { url: string } };

const NEEDED: Readonly<Record<AttachmentKind, string>> = {
  image: "image",
  pdf: "file",
  text: "text",
  audio: "audio",
  video: "video",
};
const WORDS: Readonly<Record<AttachmentKind, string>> = {
  image: "pictures",
  pdf: "PDF files",
  text: "text",
  audio: "sound",
  video: "films",
};

/** The part of a message's content that carries the attachment. */
export function contentPart({ kind, name, mediaType, data }: Attachment): ContentPart {
  switch (kind) {
    case "text":
      return { type: "text", text: `<file name="${name.replace(/["<>\n]/g, "_")}">\n${data}\n</file>` };
    case "image":
      return { type: "image_url", image_url: { url: data } };
    case "pdf":
      return { type: "file", file: { filename: name, file_data: data } };
    case "audio":
      return {
        type: "input_audio",
        input_audio: { data: data.slice(data.indexOf(",") + 1), format: formatOf(mediaType) ?? "wav" },
      };
    case "video":
      return { type: "video_url", video_url: { url: data } };
  }
}

/** Why a model cannot take it, to stand behind its name; null: it can. */
export function whyRefused(model: { input_modalities: readonly string[] }, { kind }: Attachment): string | null {
  return kind === "text" || model.input_modalities.includes(NEEDED[kind]) ? null : `does not take ${WORDS[kind]}`;
}
