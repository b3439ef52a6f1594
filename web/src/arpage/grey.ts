// Owns the way from a camera's picture to grey: the brightness plane where the picture has one, else its green. Used by worker.

import type { Picture } from "../ar/picture";

/** Takes the picture over: it is closed. */
export async function greyOf(sent: VideoFrame | ImageData): Promise<Picture> {
  if (!("copyTo" in sent)) return fromColours(sent.data, sent.width, sent.height, 4 * sent.width, 0);
  try {
    const { width, height } = sent.visibleRect!;
    const bytes = new Uint8Array(sent.allocationSize());
    const [first] = await sent.copyTo(bytes);
    const { offset, stride } = first!;
    if (/^(I420|NV12)/.test(sent.format ?? "")) return fromPlane(bytes, width, height, stride, offset);
    return fromColours(bytes, width, height, stride, offset);
  } finally {
    sent.close();
  }
}

function fromPlane(bytes: Uint8Array, width: number, height: number, stride: number, offset: number): Picture {
  if (stride === width) return { width, height, grey: bytes.subarray(offset, offset + width * height) };
  const grey = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) grey.set(bytes.subarray(offset + y * stride, offset + y * stride + width), y * width);
  return { width, height, grey };
}

/** Four bytes a pixel in any order of colours: the second is green in all that browsers use. */
function fromColours(bytes: Uint8Array | Uint8ClampedArray, width: number, height: number, stride: number, offset: number): Picture {
  const grey = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const line = offset + y * stride + 1;
    for (let x = 0; x < width; x++) grey[y * width + x] = bytes[line + 4 * x]!;
  }
  return { width, height, grey };
}
