export type AttachmentKind = "image" | "pdf" | "text" | "audio" | "video";

/** A file as it is kept in a room and sent. */
export interface Attachment {
  id: string;
  kind: AttachmentKind;
  /** As the person called it. */
  name: string;
  mediaType: string;
  /** Of what is sent. */
  bytes: number;
  /** A data URL; of a text the text itself. */
  data: string;
  /** Of a picture, in pixels. */
  width?: number;
  height?: number;
  /** What was done to it, for people. */
  note?: string;
}

/** Why a file cannot be used; the message is for people. */
export class AttachmentRefused extends Error {}
