// Pictures as models take them: PNG, JPEG, WebP or GIF, not larger than what they look at anyway.

import { AttachmentRefused } from "./attachment";

/** Models scale down what is wider or higher. */
const EDGE_MAX = 2048;
/** As base64 below the 5 MB that the strictest provider takes. */
const BYTES_MAX = 3_700_000;
const TAKEN = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);
const QUALITY = 0.9;

export interface Picture {
  blob: Blob;
  mediaType: string;
  width: number;
  height: number;
  note?: string;
}

/** The picture, made smaller or into another format where need be. Throws AttachmentRefused. */
export async function fitted(file: File, mediaType: string): Promise<Picture> {
  const bitmap = await createImageBitmap(new Blob([file], { type: mediaType })).catch(() => {
    throw new AttachmentRefused(`${file.name} cannot be read as a picture here. Save it as PNG or JPEG.`);
  });
  try {
    const { width, height } = bitmap;
    const scale = Math.min(1, EDGE_MAX / Math.max(width, height));
    if (scale === 1 && TAKEN.has(mediaType) && file.size <= BYTES_MAX) return { blob: file, mediaType, width, height };
    return await redrawn(bitmap, mediaType, scale, file.name);
  } finally {
    bitmap.close();
  }
}

async function redrawn(bitmap: ImageBitmap, mediaType: string, scale: number, name: string): Promise<Picture> {
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const mayBeClear = mediaType !== "image/jpeg";
  let blob = mayBeClear ? await drawn(bitmap, width, height, "image/png") : null;
  if (blob === null || blob.size > BYTES_MAX) blob = await drawn(bitmap, width, height, "image/jpeg");
  if (blob === null || blob.size > BYTES_MAX) throw new AttachmentRefused(`${name} is too large, even when made smaller.`);
  const size = scale < 1 ? `made smaller: ${bitmap.width}×${bitmap.height} → ${width}×${height}` : "made into another format";
  const note = mediaType === "image/gif" ? `${size}; only its first picture` : size;
  return { blob, mediaType: blob.type, width, height, note };
}

function drawn(bitmap: ImageBitmap, width: number, height: number, type: string): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  if (pen === null) return Promise.resolve(null);
  if (type === "image/jpeg") {
    pen.fillStyle = "#fff"; // what is clear would be black
    pen.fillRect(0, 0, width, height);
  }
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, width, height);
  return new Promise((done) => canvas.toBlob(done, type, QUALITY));
}
