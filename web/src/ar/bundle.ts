// Owns the arithmetic of survey and calibration: where the markers truly hang, from many views of them, together with every
// view's pose, the lens and the print's scale. Pure. It does not decode, choose views or store what it finds.
//
// Levenberg-Marquardt with Huber's loss over the equations of equations.ts. The designed places, doubted by `placed` and
// `turned`, hold the whole: what all views leave open (six degrees of freedom) stays where the design has it on average,
// unless some markers are known to hang better than the rest (`Pin`).

import { COMMON, equations, lensOf, type Equations, type Problem, type State } from "./equations";
import type { Lens, Point } from "./lens";
import { cholesky, IDENTITY, inverseOf, multiply, plus, rotation, scaled, substitute, times, type Vec3 } from "./linear";
import type { Pose } from "./pose";

export type Four<T> = readonly [T, T, T, T];

export interface Sight {
  /** Row of the marker in the list of designed places. */
  readonly marker: number;
  /** Its corners in the picture, pixels. */
  readonly pixels: Four<Point>;
}

export interface View {
  /** A first pose, from the designed places. */
  readonly pose: Pose;
  readonly sights: readonly Sight[];
}

/** The same corner of two markers, measured with a tape from one to the other: metres, and its standard deviation. */
export interface Tape {
  readonly from: number;
  readonly to: number;
  /** Which corner, in the order of `places`. */
  readonly corner: number;
  readonly distance: number;
  readonly deviation: number;
}

/** A marker that was hung, or measured, by a ruler: how far from its designed place it may be, metres. */
export interface Pin {
  readonly marker: number;
  readonly deviation: number;
}

/** Standard deviations of what is believed beforehand. */
export interface Beliefs {
  /** Of a corner in a picture, pixels. */
  readonly pixel: number;
  /** Of where a marker hangs, metres, and how it is turned, radians. */
  readonly placed: number;
  readonly turned: number;
  /** Of the focal length (relative), k1, k2, the principal point (pixels), and the print's scale (relative). */
  readonly focal: number;
  readonly k1: number;
  readonly k2: number;
  readonly centre: number;
  readonly print: number;
}

export interface Hung {
  /** Corners as surveyed, metres; as designed where no view has the marker. */
  readonly places: Four<Vec3>;
  /** Views that have it. */
  readonly views: number;
  /** Standard deviation of its centre against the racks, metres; and against the other markers alone. */
  readonly deviation: number;
  readonly among: number;
}

export interface Bundle {
  readonly markers: readonly Hung[];
  readonly poses: readonly Pose[];
  readonly lens: Lens;
  /** Standard deviations of what was found of the lens: focal relative, the centre in pixels. */
  readonly doubt: { readonly focal: number; readonly k1: number; readonly k2: number; readonly centre: number };
  /** True size of a symbol over its designed size. */
  readonly print: number;
  /** Root mean square of a coordinate's miss, pixels. */
  readonly misfit: number;
}

const ROUNDS = 40;
const ENOUGH = 1e-8;

/** The places with the least misfit; null where a view's first pose has a marker behind the camera. */
export function bundle(
  designed: readonly Four<Vec3>[], views: readonly View[], lens: Lens, beliefs: Beliefs, tapes: readonly Tape[] = [], pins: readonly Pin[] = [],
): Bundle | null {
  const placed = designed.map((_, m) => pins.find(({ marker }) => marker === m)?.deviation ?? beliefs.placed);
  const problem: Problem = { designed: designed.map(split), placed, views, lens, beliefs, tapes, size: 6 * designed.length + COMMON };
  let state: State = {
    poses: views.map((view) => view.pose),
    turns: designed.map(() => IDENTITY),
    shifts: designed.map((): Vec3 => [0, 0, 0]),
    common: new Array<number>(COMMON).fill(0),
  };
  let damping = 1e-4;
  let now = equations(problem, state, damping);
  if (now === null) return null;
  for (let round = 0; round < ROUNDS && damping < 1e9; round++) {
    const next = stepped(problem, state, now, damping);
    const then = next && equations(problem, next, damping);
    if (next && then && then.cost <= now.cost) {
      const gain = now.cost - then.cost;
      const done = gain <= ENOUGH * now.cost + 1e-12;
      damping = Math.max(damping / 10, 1e-12);
      state = next;
      now = then;
      if (done) break;
    } else {
      damping *= 10;
      now = equations(problem, state, damping) ?? now;
    }
  }
  return result(problem, state, now.squares);
}

function split(corners: Four<Vec3>): { centre: Vec3; arms: Vec3[] } {
  const centre = scaled(corners.reduce<Vec3>(plus, [0, 0, 0]), 1 / 4);
  return { centre, arms: corners.map((each) => plus(each, scaled(centre, -1))) };
}

function stepped(problem: Problem, state: State, now: Equations, damping: number): State | null {
  const { size } = problem;
  const a = now.matrix.slice();
  for (let k = 0; k < size; k++) a[k * size + k]! *= 1 + damping;
  if (!cholesky(a, size)) return null;
  const x = now.right.slice();
  substitute(a, x, size);
  const three = (at: number, from: Float64Array): Vec3 => [from[at]!, from[at + 1]!, from[at + 2]!];
  const poses = now.views.map(({ factor, across, columns, right }, v) => {
    const step = right.slice();
    for (let k = 0; k < 6; k++) columns.forEach((column, b) => (step[k]! -= across[k * columns.length + b]! * x[column]!));
    substitute(factor, step, 6);
    const { r, t } = state.poses[v]!;
    return { r: multiply(rotation(three(0, step)), r), t: plus(t, three(3, step)) };
  });
  return {
    poses,
    turns: state.turns.map((turn, m) => multiply(rotation(three(6 * m, x)), turn)),
    shifts: state.shifts.map((shift, m) => plus(shift, three(6 * m + 3, x))),
    common: state.common.map((each, k) => each + x[size - COMMON + k]!),
  };
}

function result(problem: Problem, state: State, squares: number): Bundle {
  const { designed, views, size } = problem;
  const last = equations(problem, state, 0);
  const covariance = last && inverseOf(last.matrix, size);
  const of = (a: number, b: number): number => covariance?.[a * size + b] ?? Infinity;
  const sights = views.flatMap((view) => view.sights);
  const print = Math.exp(state.common[COMMON - 1]!);
  const among = apart(problem, sights.map(({ marker }) => marker), of);
  const markers = designed.map(({ centre, arms }, m): Hung => {
    const seen = sights.filter((sight) => sight.marker === m).length;
    const at = (n: number): Vec3 =>
      seen === 0 ? plus(centre, arms[n]!) : plus(plus(centre, state.shifts[m]!), scaled(times(state.turns[m]!, arms[n]!), print));
    const spread = [3, 4, 5].reduce((sum, k) => sum + of(6 * m + k, 6 * m + k), 0);
    return { places: [at(0), at(1), at(2), at(3)], views: seen, deviation: Math.sqrt(spread), among: among.get(m) ?? Infinity };
  });
  const common = (k: number): number => Math.sqrt(of(size - COMMON + k, size - COMMON + k));
  return {
    markers,
    poses: state.poses,
    lens: lensOf(problem.lens, state.common),
    doubt: { focal: common(0), k1: common(1), k2: common(2), centre: Math.max(common(3), common(4)) },
    print,
    misfit: Math.sqrt(squares / Math.max(8 * sights.length, 1)),
  };
}

/** Each seen marker's standard deviation once the best rigid motion of all of them is taken off, metres. */
function apart({ designed }: Problem, sights: readonly number[], of: (a: number, b: number) => number): Map<number, number> {
  const seen = [...new Set(sights)];
  const n = 3 * seen.length;
  const motion = new Float64Array(6 * n); // row i: how each rigid motion moves coordinate i
  seen.forEach((m, k) => {
    const [x, y, z] = designed[m]!.centre;
    [[1, 0, 0, 0, z, -y], [0, 1, 0, -z, 0, x], [0, 0, 1, y, -x, 0]].forEach((row, axis) => motion.set(row, 6 * (3 * k + axis)));
  });
  const squares = new Float64Array(36);
  for (let i = 0; i < n; i++) for (let a = 0; a < 6; a++) for (let b = 0; b < 6; b++) squares[6 * a + b]! += motion[6 * i + a]! * motion[6 * i + b]!;
  for (let k = 0; k < 6; k++) squares[7 * k]! += 1e-9; // one marker cannot be turned away
  const inverse = inverseOf(squares, 6);
  if (inverse === null) return new Map();
  const at = (i: number): number => 6 * seen[Math.floor(i / 3)]! + 3 + (i % 3);
  const left = (i: number, j: number): number => {
    let rigid = 0;
    for (let a = 0; a < 6; a++) for (let b = 0; b < 6; b++) rigid += motion[6 * i + a]! * inverse[6 * a + b]! * motion[6 * j + b]!;
    return (i === j ? 1 : 0) - rigid;
  };
  return new Map(seen.map((m, k) => {
    let spread = 0;
    for (let i = 3 * k; i < 3 * k + 3; i++) {
      const row = Float64Array.from({ length: n }, (_, j) => left(i, j));
      for (let p = 0; p < n; p++) for (let q = 0; q < n; q++) spread += row[p]! * row[q]! * of(at(p), at(q));
    }
    return [m, Math.sqrt(Math.max(spread, 0))];
  }));
}
