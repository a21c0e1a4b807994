// Sound as models take it. What browsers record is none of their formats, and becomes WAV.

import { AttachmentRefused } from "./attachment";

/** Media type → the name that requests use (inference.md 10.4). */
const FORMATS: Readonly<Record<string, string>> = {
  "audio/wav": "wav",
  "audio/mpeg": "mp3",
  "audio/aiff": "aiff",
  "audio/aac": "aac",
  "audio/ogg": "ogg",
  "audio/flac": "flac",
  "audio/mp4": "m4a",
};
/** Speech needs no more, and a minute of it is 2 MB. */
const SAMPLES_PER_S = 16_000;
const HEAD_BYTES = 44;

/** The name of a format, undefined for one that has to be converted. */
export function formatOf(mediaType: string): string | undefined {
  return FORMATS[mediaType];
}

/** The sound as WAV: one channel, 16 bits. Throws AttachmentRefused. */
export async function toWav(file: File): Promise<Blob> {
  const context = new OfflineAudioContext(1, 1, SAMPLES_PER_S);
  const sound = await context.decodeAudioData(await file.arrayBuffer()).catch(() => {
    throw new AttachmentRefused(`${file.name} cannot be read as sound here. Save it as MP3 or WAV.`);
  });
  const channels = Array.from({ length: sound.numberOfChannels }, (_, index) => sound.getChannelData(index));
  const view = new DataView(new ArrayBuffer(HEAD_BYTES + 2 * sound.length));
  writeHead(view, sound.length);
  for (let at = 0; at < sound.length; at++) {
    const mean = channels.reduce((sum, channel) => sum + (channel[at] ?? 0), 0) / channels.length;
    view.setInt16(HEAD_BYTES + 2 * at, Math.round(Math.max(-1, Math.min(1, mean)) * 0x7fff), true);
  }
  return new Blob([view], { type: "audio/wav" });
}

function writeHead(view: DataView, samples: number): void {
  const write = (at: number, text: string): void => [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, HEAD_BYTES - 8 + 2 * samples, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLES_PER_S, true);
  view.setUint32(28, 2 * SAMPLES_PER_S, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  view.setUint32(40, 2 * samples, true);
}
