// Owns what a marker looks like through a lens that is not sharp: its known modules, blurred, with their slopes, on a grid of
// three samples a module and a border of two modules of white. Pure. Read by align.
//
// A row of modules blurred by a Gaussian is a sum of steps of the error function, so values and slopes are exact at any
// blur, however small against a sample. Coordinates: u right and v down, the symbol from -0.5 to 0.5.

import type { Point } from "./lens";

export const BORDER = 2;
export const SAMPLES = 3;
const REACH = 5; // standard deviations: beyond them a blur brings less than a millionth

/** The symbol's corners in its own coordinates: top left, top right, bottom right, bottom left. */
export const CORNERS: readonly Point[] = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]];

export interface Template {
  /** Samples a side. */
  readonly side: number;
  /** Brightness, 0 dark to 1 light; row by row from the top. */
  readonly value: Float32Array;
  /** Its slopes along u and v, per symbol's edge. */
  readonly du: Float32Array;
  readonly dv: Float32Array;
}

/** Rows of "0" and "1" (dark), as markers.json has them, as brightness: a border of white around them. */
export class Symbol {
  readonly modules: number;
  readonly side: number;
  /** The u (or v) of each sample of a line. */
  readonly places: Float64Array;
  private readonly light: Float64Array;
  private readonly cells: number;

  constructor(rows: readonly string[]) {
    this.modules = rows.length;
    this.cells = this.modules + 2 * BORDER;
    this.side = this.cells * SAMPLES;
    this.places = Float64Array.from({ length: this.side }, (_, n) => ((n + 0.5) / SAMPLES - BORDER) / this.modules - 0.5);
    this.light = new Float64Array(this.cells * this.cells).fill(1);
    rows.forEach((row, y) => {
      for (let x = 0; x < this.modules; x++) {
        if (row[x] === "1") this.light[(y + BORDER) * this.cells + x + BORDER] = 0;
      }
    });
  }

  /** Brightness alone for a blur of `su` modules along u and `sv` along v (standard deviations). */
  value(su: number, sv: number): Float32Array {
    return this.spread(this.along(steps(this.cells, su).weight, su), steps(this.cells, sv).weight, sv, 1);
  }

  /** The template for such a blur. */
  blurred(su: number, sv: number): Template {
    const { side, cells, modules } = this;
    const right = steps(cells, su);
    const down = steps(cells, sv);
    const across = this.along(right.weight, su);
    return {
      side,
      value: this.spread(across, down.weight, sv, 1),
      du: this.spread(this.along(right.slope, su), down.weight, sv, modules),
      dv: this.spread(across, down.slope, sv, modules),
    };
  }

  /** Each row of cells, seen from every sample along u. */
  private along(weight: Float64Array, sigma: number): Float64Array {
    const { side, cells } = this;
    const seen = new Float64Array(cells * side);
    for (let n = 0; n < side; n++) {
      const [from, to] = reach(n, cells, sigma);
      for (let y = 0; y < cells; y++) {
        let sum = 0;
        for (let x = from; x < to; x++) sum += this.light[y * cells + x]! * weight[n * cells + x]!;
        seen[y * side + n] = sum;
      }
    }
    return seen;
  }

  /** The same along v, times `by`. */
  private spread(across: Float64Array, weight: Float64Array, sigma: number, by: number): Float32Array {
    const { side, cells } = this;
    const seen = new Float32Array(side * side);
    for (let m = 0; m < side; m++) {
      const [from, to] = reach(m, cells, sigma);
      for (let n = 0; n < side; n++) {
        let sum = 0;
        for (let y = from; y < to; y++) sum += weight[m * cells + y]! * across[y * side + n]!;
        seen[m * side + n] = sum * by;
      }
    }
    return seen;
  }
}

/** The cells that a blur reaches from sample n: [from, to). */
function reach(n: number, cells: number, sigma: number): readonly [number, number] {
  const at = (n + 0.5) / SAMPLES;
  return [Math.max(Math.floor(at - REACH * sigma), 0), Math.min(Math.ceil(at + REACH * sigma), cells)];
}

/** How much of cell x is seen from sample n, and how that changes a module's way on. Outermost cells go on for ever. */
function steps(cells: number, sigma: number): { weight: Float64Array; slope: Float64Array } {
  const side = cells * SAMPLES;
  const weight = new Float64Array(side * cells);
  const slope = new Float64Array(side * cells);
  for (let n = 0; n < side; n++) {
    const at = (n + 0.5) / SAMPLES;
    const [from, to] = reach(n, cells, sigma);
    let below = 0, belowSlope = 0;
    for (let x = from; x < to; x++) {
      const last = x === to - 1;
      const z = (x + 1 - at) / sigma;
      const above = last ? 1 : normalBelow(z);
      const aboveSlope = last ? 0 : -Math.exp(-0.5 * z * z) / (sigma * Math.sqrt(2 * Math.PI));
      weight[n * cells + x] = above - below;
      slope[n * cells + x] = aboveSlope - belowSlope;
      below = above;
      belowSlope = aboveSlope;
    }
  }
  return { weight, slope };
}

/** How much of the normal distribution lies below z; to 1e-7. */
function normalBelow(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  if (x > 5) return z > 0 ? 1 : 0;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - poly * Math.exp(-x * x);
  return 0.5 * (1 + (z > 0 ? erf : -erf));
}
