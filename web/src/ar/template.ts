// Owns the templates of one marker at each blur that was needed: prepared for alignment, kept within a bound. Pure.
// Blur is counted in steps of a third of an octave, so that frames that are alike use the same template.

import { cholesky } from "./linear";
import { Symbol, type Template } from "./symbol";

/** Eight parameters of the map, gain and bias. */
export const PARAMETERS = 10;
const STEPS_AN_OCTAVE = 3;
/** Samples whose slope is below this share of the steepest say little about where the symbol is. */
const FLAT = 0.08;

export interface Prepared extends Template {
  /** Samples that are used, as indexes into the grid. */
  readonly active: Uint32Array;
  /** How brightness changes with the map, eight for each active sample. */
  readonly descent: Float32Array;
  /** The factor of the normal equations when every active sample counts the same. */
  readonly factor: Float64Array;
}

export function blurOf(step: number): number {
  return 2 ** (step / STEPS_AN_OCTAVE);
}

export function stepOf(blur: number): number {
  return Math.round(Math.log2(blur) * STEPS_AN_OCTAVE);
}

/** The templates of one symbol. Blurs in modules, as steps (see stepOf). */
export class Templates {
  readonly symbol: Symbol;
  private readonly values = new Kept<Float32Array>(24);
  private readonly prepared = new Kept<Prepared>(4);

  constructor(rows: readonly string[]) {
    this.symbol = new Symbol(rows);
  }

  /** Brightness alone: enough to compare blurs. */
  value(stepU: number, stepV: number): Float32Array {
    return this.values.get(stepU, stepV, () => this.symbol.value(blurOf(stepU), blurOf(stepV)));
  }

  at(stepU: number, stepV: number): Prepared {
    return this.prepared.get(stepU, stepV, () => prepare(this.symbol, this.symbol.blurred(blurOf(stepU), blurOf(stepV))));
  }
}

/** What was made, up to `most`; what was not asked for the longest goes first. */
class Kept<T> {
  private readonly kept = new Map<string, T>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get(u: number, v: number, make: () => T): T {
    const key = `${u} ${v}`;
    const known = this.kept.get(key) ?? make();
    this.kept.delete(key);
    this.kept.set(key, known);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value!);
    return known;
  }
}

function prepare(symbol: Symbol, template: Template): Prepared {
  const { side, du, dv, value } = template;
  let steepest = 0;
  for (let n = 0; n < du.length; n++) steepest = Math.max(steepest, du[n]! ** 2 + dv[n]! ** 2);
  const chosen: number[] = [];
  for (let n = 0; n < du.length; n++) if (du[n]! ** 2 + dv[n]! ** 2 > FLAT * FLAT * steepest) chosen.push(n);
  const active = Uint32Array.from(chosen);
  const descent = new Float32Array(active.length * 8);
  for (let k = 0; k < active.length; k++) {
    const n = active[k]!;
    const u = symbol.places[n % side]!;
    const v = symbol.places[Math.floor(n / side)]!;
    const along = du[n]! * u + dv[n]! * v;
    descent.set([du[n]! * u, du[n]! * v, du[n]!, dv[n]! * u, dv[n]! * v, dv[n]!, -u * along, -v * along], k * 8);
  }
  const factor = new Float64Array(PARAMETERS * PARAMETERS);
  normalEquations(factor, descent, active, value, null);
  cholesky(factor, PARAMETERS);
  return { ...template, active, descent, factor };
}

/** Σ w j jᵀ into `out` (10 x 10), j = [descent, value, 1]. No weights: all 1. */
export function normalEquations(
  out: Float64Array, descent: Float32Array, active: Uint32Array, value: Float32Array, weight: Float32Array | null,
): void {
  out.fill(0);
  const row = new Float64Array(PARAMETERS);
  for (let k = 0; k < active.length; k++) {
    const w = weight === null ? 1 : weight[k]!;
    if (w === 0) continue;
    for (let i = 0; i < 8; i++) row[i] = descent[8 * k + i]!;
    row[8] = value[active[k]!]!;
    row[9] = 1;
    for (let i = 0; i < PARAMETERS; i++) {
      const share = w * row[i]!;
      for (let j = 0; j <= i; j++) out[i * PARAMETERS + j]! += share * row[j]!;
    }
  }
  for (let i = 0; i < PARAMETERS; i++) for (let j = i + 1; j < PARAMETERS; j++) out[i * PARAMETERS + j] = out[j * PARAMETERS + i]!;
}
