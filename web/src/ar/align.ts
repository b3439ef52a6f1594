// Owns the alignment of a marker's known symbol with a picture: from corners that a decoder found, a pixel or two off, to the
// map from the symbol to the picture, a hundredth of a pixel off, and how sure that is. Pure. Called by pose's callers.
//
// Inverse-compositional Gauss-Newton: the picture is sampled through the map, compared with the blurred template, and
// the template's own slopes (known beforehand) say how to change the map. First both are blurred by a module, which
// pulls from afar; then the picture's own blur is found; then the rest, with what does not fit (glare, a cable) left out.

import { blurOfPatch, left, pixelsAModule, sameBlur, settle, type Steps } from "./blur";
import { cornerInformation } from "./certainty";
import { apply, fit, normal } from "./homography";
import { toIdeal, toPixel, type Lens, type Point } from "./lens";
import { cholesky, inverse3, multiply, substitute, type Mat3 } from "./linear";
import { Level } from "./level";
import { Patch } from "./patch";
import type { Picture } from "./picture";
import { CORNERS, SAMPLES } from "./symbol";
import { blurOf, normalEquations, PARAMETERS, stepOf, type Prepared, type Templates } from "./template";

export interface Aligned {
  /** Symbol (u right, v down, -0.5 to 0.5) -> ideal point of the lens. */
  readonly map: Mat3;
  /** The symbol's corners in the picture. */
  readonly corners: readonly Point[];
  /** The inverse covariance of the corners' eight pixel coordinates, 8 x 8. */
  readonly information: Float64Array;
  /** What is left between picture and symbol, as a share of the contrast between light and dark. */
  readonly misfit: number;
  /** The picture's blur in pixels (standard deviation), along u and v. */
  readonly blur: readonly [number, number];
  /** The same as steps of the templates, with which the next picture may begin. */
  readonly steps: Steps;
  /** Share of the symbol's edges that was used. */
  readonly used: number;
}

const COARSE_MODULES = 1;
const COARSE_ROUNDS = 12;
const COARSE_STILL = 4e-3; // of a symbol's edge: a tenth of a module
const FINE_ROUNDS = 10;
const NEAR = 0.02; // of a symbol's edge: half a module, from where a sharp picture still pulls the right way
const ASTRAY = 0.2;
const STILL = 2e-5; // of a symbol's edge: 1.6 µm of 80 mm
const OUTLIER = 3.5; // standard deviations
const SIFTINGS = 6;
const MEDIAN_OF = 5; // every fifth sample
const CLEAN = 0.06; // of the contrast: less left over needs no light from elsewhere to explain it
const SHINE_MODULES = 2; // light from elsewhere changes more slowly than this
const SIFTED = 1e-5; // ideal: a hundredth of a pixel
// Beyond these this is not that symbol: what is left, of the contrast, with outliers and without, and the share used.
const WHOLE_MOST = 0.4;
const MISFIT_MOST = 0.25;
const USED_LEAST = 0.35;

/**
 * Align `templates`' symbol, found at about `corners` (pixels, in the order of CORNERS). Null where it does not fit. `before`:
 * the blur of the picture before, where the corners come from there; half the work, and as exact.
 */
export function align(picture: Picture, lens: Lens, templates: Templates, corners: readonly Point[], before: Steps | null = null): Aligned | null {
  const map = fit(CORNERS, corners.map((each) => toIdeal(lens, each)));
  if (map === null) return null;
  const begin = (): [State, Patch] => [{ map, gain: 0, bias: 0 }, new Patch(picture, lens, templates.symbol)];
  const near = before && again(...begin(), templates, before, lens);
  if (near) return near;
  const [state, patch] = begin();
  if (!coarse(state, patch, templates)) return null;
  patch.sample(state.map);
  const steps = blurOfPatch(state.map, patch, templates, lens);
  return rounds(state, patch, templates.at(...steps), null, null, ASTRAY) ? fine(state, patch, templates, steps, lens) : null;
}

/** From near, with the blur of before; null when it is neither. */
function again(state: State, patch: Patch, templates: Templates, before: Steps, lens: Lens): Aligned | null {
  if (!rounds(state, patch, templates.at(...before), null, null, NEAR)) return null;
  patch.sample(state.map);
  return sameBlur(patch, templates, before) ? fine(state, patch, templates, before, lens) : null;
}

interface State {
  map: Mat3;
  gain: number;
  bias: number;
}

/** With everything blurred by a module. */
function coarse(state: State, patch: Patch, templates: Templates): boolean {
  const step = stepOf(COARSE_MODULES);
  const prepared = templates.at(step, step);
  for (let round = 0; round < COARSE_ROUNDS; round++) {
    patch.sample(state.map);
    patch.soften(blurOf(step) * 0.95); // the picture brings some blur of its own
    const moved = improve(state, patch, prepared, prepared.factor, null);
    if (!(moved < 0.5)) return false;
    if (moved < COARSE_STILL) return true;
  }
  return true;
}

/** With the picture as it is, from where all of it fits best. */
function fine(state: State, patch: Patch, templates: Templates, steps: Steps, lens: Lens): Aligned | null {
  const fitting = sift(state, patch, templates, steps);
  return fitting && judged(state, patch, fitting, lens);
}

/** Rounds on the picture as it is; false when one moves further than that. */
function rounds(state: State, patch: Patch, prepared: Prepared, sifted: Float64Array | null, weight: Float32Array | null, furthest: number): boolean {
  const factor = sifted ?? prepared.factor;
  for (let round = 0; round < FINE_ROUNDS; round++) {
    patch.sample(state.map);
    const moved = improve(state, patch, prepared, factor, weight);
    if (!(moved < furthest)) return false;
    if (moved < STILL) return true;
  }
  return true;
}

/** One step; how far the worst corner moved, in edges of the symbol (NaN: it went astray). */
function improve(state: State, patch: Patch, prepared: Prepared, factor: Float64Array, weight: Float32Array | null): number {
  light(state, patch, prepared, weight);
  const { active, descent, value } = prepared;
  const x = new Float64Array(PARAMETERS);
  for (let k = 0; k < active.length; k++) {
    const w = weight === null ? 1 : weight[k]!;
    const n = active[k]!;
    const seen = patch.value[n]!;
    if (w === 0 || Number.isNaN(seen)) continue;
    const left = w * (seen - state.gain * value[n]! - state.bias);
    for (let i = 0; i < 8; i++) x[i]! += left * descent[8 * k + i]!;
    x[8]! += left * value[n]!;
    x[9]! += left;
  }
  substitute(factor, x, PARAMETERS);
  const p = Array.from(x.subarray(0, 8), (each) => each / state.gain);
  const change = inverse3([1 + p[0]!, p[1]!, p[2]!, p[3]!, 1 + p[4]!, p[5]!, p[6]!, p[7]!, 1]);
  if (change === null || !(state.gain > 0)) return NaN;
  state.map = normal(multiply(state.map, change));
  return Math.max(...CORNERS.map((each) => {
    const [u, v] = apply(change, each);
    return Math.hypot(u - each[0], v - each[1]);
  }));
}

/** Gain and bias that bring the template nearest to the picture. */
function light(state: State, patch: Patch, { active, value }: Prepared, weight: Float32Array | null): Level {
  const level = new Level();
  for (let k = 0; k < active.length; k++) {
    const n = active[k]!;
    const seen = patch.value[n]!;
    if (!Number.isNaN(seen)) level.add(value[n]!, seen, weight === null ? 1 : weight[k]!);
  }
  state.gain = level.gain;
  state.bias = level.bias;
  return level;
}

interface Fitting {
  readonly prepared: Prepared;
  readonly steps: Steps;
  readonly weight: Float32Array;
  readonly equations: Float64Array;
}

/** Aligns with less and less weight for what does not fit, and light from elsewhere taken off; null: it goes astray. */
function sift(state: State, patch: Patch, templates: Templates, from: Steps): Fitting | null {
  const equations = new Float64Array(PARAMETERS * PARAMETERS);
  let fitting: Fitting | null = null;
  let steps = from;
  for (let round = 0; round < SIFTINGS; round++) {
    const before = state.map;
    const loose = outliers(state, patch, templates.at(...steps));
    if (left(patch, templates.value(...steps), loose).left > CLEAN ** 2) lit(state, patch, templates.value(...steps));
    steps = settle(patch, templates, steps, loose);
    const prepared = templates.at(...steps);
    const all = outliers(state, patch, prepared);
    const weight = Float32Array.from(prepared.active, (n) => all[n]!);
    normalEquations(equations, prepared.descent, prepared.active, prepared.value, weight);
    const factor = equations.slice();
    if (!cholesky(factor, PARAMETERS)) return null;
    if (!rounds(state, patch, prepared, factor, weight, ASTRAY)) return null;
    fitting = { prepared, weight, equations, steps };
    if (CORNERS.every((each) => apart(apply(before, each), apply(state.map, each)) < SIFTED)) break;
  }
  return fitting;
}

/** Takes light from elsewhere off the patch. */
function lit(state: State, patch: Patch, value: Float32Array): void {
  patch.sample(state.map);
  patch.learn((n) => state.gain * value[n]! + state.bias, SHINE_MODULES);
  patch.sample(state.map);
}

function apart(one: Point, other: Point): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}

/** For every sample of the grid: 1 where it fits, less towards 0 where it does not (Tukey's biweight). */
function outliers(state: State, patch: Patch, { value, active }: Prepared): Float32Array {
  patch.sample(state.map);
  const { gain, bias } = left(patch, value, null);
  const off = value.map((each, n) => Math.abs(patch.value[n]! - gain * each - bias));
  // What is usual is asked of the edges: between them nothing differs, and a blur that is not quite right would make
  // outliers of them all. The median of some is as good, and sorting all would be the dearest step.
  const some = Float32Array.from({ length: Math.floor(active.length / MEDIAN_OF) }, (_, k) => off[active[k * MEDIAN_OF]!]!);
  const known = some.filter((each) => !Number.isNaN(each)).sort();
  const limit = OUTLIER * Math.max(1.4826 * (known[known.length >> 1] ?? 0), 0.02 * gain);
  return off.map((each) => (each < limit ? (1 - (each / limit) ** 2) ** 2 : 0));
}

function judged(state: State, patch: Patch, { prepared, weight, equations, steps }: Fitting, lens: Lens): Aligned | null {
  patch.sample(state.map);
  const whole = Math.sqrt(Math.max(light(state, patch, prepared, null).left, 0));
  const noise = light(state, patch, prepared, weight).left; // of the contrast, squared
  const used = weight.reduce((sum, each) => sum + each, 0) / weight.length;
  const misfit = Math.sqrt(Math.max(noise, 0));
  if (!(whole < WHOLE_MOST && misfit < MISFIT_MOST && used > USED_LEAST)) return null;
  const [pu, pv] = pixelsAModule(state.map, lens, patch.symbol.modules);
  // From afar several samples share a pixel and its noise: they count as one.
  const share = Math.min((pu * pv) / SAMPLES ** 2, 1);
  const information = cornerInformation(state.map, equations, noise, share, lens);
  if (information === null) return null;
  return {
    map: state.map,
    corners: CORNERS.map((each) => toPixel(lens, apply(state.map, each))),
    information,
    misfit,
    blur: [blurOf(steps[0]) * pu, blurOf(steps[1]) * pv],
    steps,
    used,
  };
}
