// Owns a camera's picture in grey and reading it between pixels. Pure.

/** Row by row from the top; brightness in any unit, 0..255 from a camera. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array | Uint8ClampedArray | Float32Array;
}

/** Brightness at a point between pixels (bilinear), or NaN outside. */
export function brightness(picture: Picture, x: number, y: number): number {
  const { width, height, grey } = picture;
  const left = Math.floor(x);
  const top = Math.floor(y);
  if (!(left >= 0 && top >= 0 && left < width - 1 && top < height - 1)) return NaN;
  const at = top * width + left;
  const a = x - left;
  const b = y - top;
  const upper = grey[at]! + a * (grey[at + 1]! - grey[at]!);
  const lower = grey[at + width]! + a * (grey[at + width + 1]! - grey[at + width]!);
  return upper + b * (lower - upper);
}
