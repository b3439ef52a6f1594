// Owns what a camera's picture in grey is. Pure. Read between pixels by patch.

/** Row by row from the top; brightness in any unit, 0..255 from a camera. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array | Uint8ClampedArray | Float32Array;
}
