// Files that go along with a prompt: read in the browser, made fit, sent as parts of a message's content.

export { type Attachment, type AttachmentKind, AttachmentRefused } from "./attachment";
export { ACCEPTED } from "./kinds";
export { type ContentPart, contentPart, whyRefused } from "./parts";
export { readAttachment } from "./reading";
