// Owns the map between two planes: fitting it to pairs of points (DLT with normalised coordinates), applying it, and its
// derivatives. Pure. Called by align (a marker's symbol -> ideal points) and by pose.

import { inverse3, multiply, solve, type Mat3 } from "./linear";
import type { Point } from "./lens";

export function apply(h: Mat3, [x, y]: Point): Point {
  const w = h[6]! * x + h[7]! * y + h[8]!;
  return [(h[0]! * x + h[1]! * y + h[2]!) / w, (h[3]! * x + h[4]! * y + h[5]!) / w];
}

/** The map that takes `from` to `to`, four pairs or more, least squares; null where they do not determine one. */
export function fit(from: readonly Point[], to: readonly Point[]): Mat3 | null {
  if (from.length < 4 || from.length !== to.length) return null;
  const before = normaliser(from);
  const after = normaliser(to);
  if (before === null || after === null) return null;
  const back = inverse3(after);
  if (back === null) return null;
  const ata = new Float64Array(64);
  const atb = new Float64Array(8);
  for (let n = 0; n < from.length; n++) {
    const [x, y] = apply(before, from[n]!);
    const [u, v] = apply(after, to[n]!);
    add(ata, atb, [x, y, 1, 0, 0, 0, -u * x, -u * y], u);
    add(ata, atb, [0, 0, 0, x, y, 1, -v * x, -v * y], v);
  }
  const found = solve(ata, atb, 8);
  if (found === null || !found.every(Number.isFinite)) return null;
  return normal(multiply(multiply(back, [...found, 1]), before));
}

/** The same map, its last element 1. */
export function normal(h: Mat3): Mat3 {
  return h.map((each) => each / h[8]!);
}

/** d(x, y)/d(from): [xx, xy, yx, yy] at a point. */
export function slope(h: Mat3, at: Point): readonly [number, number, number, number] {
  const w = h[6]! * at[0] + h[7]! * at[1] + h[8]!;
  const [x, y] = apply(h, at);
  return [(h[0]! - x * h[6]!) / w, (h[1]! - x * h[7]!) / w, (h[3]! - y * h[6]!) / w, (h[4]! - y * h[7]!) / w];
}

/** Moves the centroid to 0 and the mean distance to √2: without it the products of pixels spoil the digits. */
function normaliser(points: readonly Point[]): Mat3 | null {
  const x = points.reduce((sum, one) => sum + one[0], 0) / points.length;
  const y = points.reduce((sum, one) => sum + one[1], 0) / points.length;
  const mean = points.reduce((sum, one) => sum + Math.hypot(one[0] - x, one[1] - y), 0) / points.length;
  if (!(mean > 1e-300)) return null;
  const s = Math.SQRT2 / mean;
  return [s, 0, -s * x, 0, s, -s * y, 0, 0, 1];
}

function add(ata: Float64Array, atb: Float64Array, row: readonly number[], value: number): void {
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 8; j++) ata[8 * i + j]! += row[i]! * row[j]!;
    atb[i]! += row[i]! * value;
  }
}
