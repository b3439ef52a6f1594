// Owns the picture as seen through a map: sampled on the symbol's grid, and softened there. Pure; one buffer for all rounds.

import type { Lens } from "./lens";
import type { Mat3 } from "./linear";
import type { Picture } from "./picture";
import { SAMPLES, type Symbol } from "./symbol";

export class Patch {
  readonly value: Float32Array;
  readonly symbol: Symbol;
  /** Light that is not the symbol's (a lamp's reflection), taken off what is sampled; null = none is known. */
  private shine: Float32Array | null = null;
  private readonly spare: Float32Array;
  private readonly picture: Picture;
  private readonly lens: Lens;
  /** What `value` holds as it was sampled; null = something else. */
  private sampled: Mat3 | null = null;

  constructor(picture: Picture, lens: Lens, symbol: Symbol) {
    [this.picture, this.lens, this.symbol] = [picture, lens, symbol];
    this.value = new Float32Array(symbol.side * symbol.side);
    this.spare = new Float32Array(symbol.side * symbol.side);
  }

  /** The brightness at every sample, bilinear; NaN where the picture ends. */
  sample(map: Mat3): void {
    if (map === this.sampled) return;
    this.sampled = map;
    const { value, shine } = this;
    const { fx, fy, cx, cy, k1, k2 } = this.lens;
    const [a, b, c, d, e, f, g, h, i] = map as [number, number, number, number, number, number, number, number, number];
    const { side, places } = this.symbol;
    const { grey, width, height } = this.picture;
    const [right, low] = [width - 1, height - 1];
    // The dearest loop of all, so it reads the picture itself.
    for (let m = 0, at = 0; m < side; m++) {
      const v = places[m]!;
      const [px, py, pw] = [b * v + c, e * v + f, h * v + i];
      for (let n = 0; n < side; n++, at++) {
        const u = places[n]!;
        const w = 1 / (g * u + pw);
        const x = (a * u + px) * w;
        const y = (d * u + py) * w;
        const r2 = x * x + y * y;
        const bend = 1 + r2 * (k1 + r2 * k2);
        const [X, Y] = [fx * x * bend + cx, fy * y * bend + cy];
        if (!(X >= 0 && Y >= 0 && X < right && Y < low)) {
          value[at] = NaN;
          continue;
        }
        const [left, top] = [X | 0, Y | 0];
        const [p, q] = [X - left, top * width + left];
        const upper = grey[q]! + p * (grey[q + 1]! - grey[q]!);
        const lower = grey[q + width]! + p * (grey[q + width + 1]! - grey[q + width]!);
        value[at] = upper + (Y - top) * (lower - upper);
      }
    }
    if (shine !== null) for (let n = 0; n < value.length; n++) value[n]! -= shine[n]!;
  }

  /** What differs from `known` over an area of `modules` or more is light from elsewhere: taken off from now on. */
  learn(known: (n: number) => number, modules: number): void {
    const { value } = this;
    const before = this.shine;
    this.sampled = null;
    for (let n = 0; n < value.length; n++) value[n]! -= known(n);
    this.soften(modules);
    this.shine = value.map((each, n) => each + (before === null ? 0 : before[n]!));
  }

  /** Blurs what was sampled by `modules` (standard deviation). Where the picture ends its last brightness goes on. */
  soften(modules: number): void {
    const { value, spare } = this;
    const { side } = this.symbol;
    this.sampled = null;
    goOn(value, side, 1, side);
    goOn(value, side, side, 1);
    const kernel = gaussian(modules * SAMPLES);
    along(value, spare, side, 1, side, kernel);
    along(spare, value, side, side, 1, kernel);
  }
}

/** Replaces what is missing in each line by the nearest that is not. */
function goOn(value: Float32Array, side: number, step: number, line: number): void {
  for (let m = 0; m < side; m++) {
    for (let n = 1; n < side; n++) if (Number.isNaN(value[m * line + n * step]!)) value[m * line + n * step] = value[m * line + (n - 1) * step]!;
    for (let n = side - 2; n >= 0; n--) if (Number.isNaN(value[m * line + n * step]!)) value[m * line + n * step] = value[m * line + (n + 1) * step]!;
  }
}

/** One half of a kernel, the middle first; its whole sum is 1. */
function gaussian(sigma: number): Float64Array {
  const half = new Float64Array(Math.ceil(3 * sigma) + 1).map((_, n) => Math.exp(-0.5 * (n / sigma) ** 2));
  const sum = 2 * half.reduce((all, each) => all + each, 0) - half[0]!;
  return half.map((each) => each / sum);
}

function along(from: Float32Array, to: Float32Array, side: number, step: number, line: number, half: Float64Array): void {
  for (let m = 0; m < side; m++) {
    for (let n = 0; n < side; n++) {
      let sum = half[0]! * from[m * line + n * step]!;
      for (let k = 1; k < half.length; k++) {
        const before = Math.max(n - k, 0), after = Math.min(n + k, side - 1);
        sum += half[k]! * (from[m * line + before * step]! + from[m * line + after * step]!);
      }
      to[m * line + n * step] = sum;
    }
  }
}
