// Owns the self-survey's arithmetic: where the markers truly hang, from many views of them, together with every view's pose,
// the focal length, k1 and the print's scale. Pure. It does not decode, choose views or store what it finds.
//
// Levenberg-Marquardt with Huber's loss. A view's six unknowns meet nobody else's, so each view is eliminated on its own (Schur
// complement) and only the markers and three common unknowns are left to solve for. The designed places, doubted by `placed`
// and `turned`, hold the whole: what all views leave open (six degrees of freedom) stays where the design has it on average.

import { adjusted, type Lens, type Point } from "./lens";
import { cholesky, dot, IDENTITY, inverseOf, multiply, plus, rotation, scaled, substitute, times, type Mat3, type Vec3 } from "./linear";
import type { Pose } from "./pose";

type Four<T> = readonly [T, T, T, T];

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

/** Centres of two markers, measured with a tape: metres, and its standard deviation. */
export interface Tape {
  readonly from: number;
  readonly to: number;
  readonly distance: number;
  readonly deviation: number;
}

/** Standard deviations of what is believed beforehand. */
export interface Beliefs {
  /** Of a corner in a picture, pixels. */
  readonly pixel: number;
  /** Of where a marker hangs, metres, and how it is turned, radians. */
  readonly placed: number;
  readonly turned: number;
  /** Of the focal length (relative), of k1, and of the print's scale (relative). */
  readonly focal: number;
  readonly k1: number;
  readonly print: number;
}

export interface Hung {
  /** Corners as surveyed, metres; as designed where no view has the marker. */
  readonly places: Four<Vec3>;
  /** Views that have it. */
  readonly views: number;
  /** Standard deviation of its centre, metres; it includes that of the whole against the design. */
  readonly deviation: number;
}

export interface Bundle {
  readonly markers: readonly Hung[];
  readonly poses: readonly Pose[];
  readonly lens: Lens;
  /** True size of a symbol over its designed size. */
  readonly print: number;
  /** Root mean square of a coordinate's miss, pixels. */
  readonly misfit: number;
}

const COMMON = 3; // log focal, k1, log print
const LOCAL = 6 + 6 + COMMON; // columns of one sight: view, marker, common
const ROUNDS = 40;
const ENOUGH = 1e-8;
const HUBER = 2.5; // standard deviations of a sight's mean miss

interface State {
  readonly poses: readonly Pose[];
  readonly turns: readonly Mat3[];
  readonly shifts: readonly Vec3[];
  readonly common: readonly number[];
}

/** A view's equations: its own 6 x 6 factor, its rows against the unknowns that are left, its right side. */
interface Eliminated {
  readonly factor: Float64Array;
  readonly across: Float64Array; // 6 x columns.length
  readonly columns: readonly number[];
  readonly right: Float64Array;
}

interface Equations {
  readonly matrix: Float64Array;
  readonly right: Float64Array;
  readonly views: readonly Eliminated[];
  readonly cost: number;
  readonly squares: number;
}

interface Problem {
  readonly designed: readonly { readonly centre: Vec3; readonly arms: readonly Vec3[] }[];
  readonly views: readonly View[];
  readonly lens: Lens;
  readonly beliefs: Beliefs;
  readonly tapes: readonly Tape[];
  readonly size: number;
}

/** The places with the least misfit; null where a view's first pose has a marker behind the camera. */
export function bundle(
  designed: readonly Four<Vec3>[], views: readonly View[], lens: Lens, beliefs: Beliefs, tapes: readonly Tape[] = [],
): Bundle | null {
  const problem: Problem = { designed: designed.map(split), views, lens, beliefs, tapes, size: 6 * designed.length + COMMON };
  let state: State = {
    poses: views.map((view) => view.pose),
    turns: designed.map(() => IDENTITY),
    shifts: designed.map((): Vec3 => [0, 0, 0]),
    common: [0, 0, 0],
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

function equations(problem: Problem, state: State, damping: number): Equations | null {
  const { size, beliefs, lens, tapes } = problem;
  const matrix = new Float64Array(size * size);
  const right = new Float64Array(size);
  const bent = adjusted(lens, Math.exp(state.common[0]!), lens.k1 + state.common[1]!);
  let cost = 0, squares = 0;
  const views: Eliminated[] = [];
  const add = (column: number, value: number, deviation: number): void => {
    matrix[column * size + column]! += 1 / deviation ** 2;
    right[column]! -= value / deviation ** 2;
    cost += (value / deviation) ** 2;
  };
  for (let v = 0; v < problem.views.length; v++) {
    const one = viewed(problem, state, bent, v, matrix, right, damping);
    if (one === null) return null;
    views.push(one.eliminated);
    cost += one.cost;
    squares += one.squares;
  }
  for (let m = 0; m < problem.designed.length; m++) {
    const turn = leaning(state.turns[m]!);
    for (let k = 0; k < 3; k++) {
      add(6 * m + k, turn[k]!, beliefs.turned);
      add(6 * m + 3 + k, state.shifts[m]![k]!, beliefs.placed);
    }
  }
  [beliefs.focal, beliefs.k1, beliefs.print].forEach((deviation, k) => add(size - COMMON + k, state.common[k]!, deviation));
  for (const tape of tapes) cost += taped(problem, state, tape, matrix, right);
  return { matrix, right, views, cost, squares };
}

function taped({ designed, size }: Problem, state: State, tape: Tape, matrix: Float64Array, right: Float64Array): number {
  const at = (m: number): Vec3 => plus(designed[m]!.centre, state.shifts[m]!);
  const way = plus(at(tape.to), scaled(at(tape.from), -1));
  const length = Math.sqrt(dot(way, way));
  const miss = (tape.distance - length) / tape.deviation;
  const slopes: [number, number][] = [];
  for (let k = 0; k < 3; k++) {
    const slope = way[k]! / length / tape.deviation;
    slopes.push([6 * tape.to + 3 + k, slope], [6 * tape.from + 3 + k, -slope]);
  }
  for (const [a, one] of slopes) {
    right[a]! += one * miss;
    for (const [b, other] of slopes) matrix[a * size + b]! += one * other;
  }
  return miss * miss;
}

/** The vector of a small rotation. */
function leaning(r: Mat3): Vec3 {
  return [(r[7]! - r[5]!) / 2, (r[2]! - r[6]!) / 2, (r[3]! - r[1]!) / 2];
}

/** Adds one view to the equations of markers and common unknowns, its own pose eliminated. */
function viewed(
  problem: Problem, state: State, lens: Lens, v: number, matrix: Float64Array, right: Float64Array, damping: number,
): { eliminated: Eliminated; cost: number; squares: number } | null {
  const { size, beliefs } = problem;
  const { sights } = problem.views[v]!;
  const n = 6 * sights.length + COMMON;
  const columns: number[] = [];
  const own = new Float64Array(36), mine = new Float64Array(6), across = new Float64Array(6 * n);
  const rows = new Float64Array(8 * LOCAL), miss = new Float64Array(8);
  let cost = 0, squares = 0;
  for (const { marker } of sights) for (let k = 0; k < 6; k++) columns.push(6 * marker + k);
  for (let k = 0; k < COMMON; k++) columns.push(size - COMMON + k);
  for (let s = 0; s < sights.length; s++) {
    if (!sighted(problem, state, lens, v, sights[s]!, rows, miss)) return null;
    const square = miss.reduce((sum, each) => sum + each * each, 0);
    const far = Math.sqrt(square / 8) / beliefs.pixel;
    const weight = (far > HUBER ? HUBER / far : 1) / beliefs.pixel ** 2;
    squares += square;
    cost += 8 * (far > HUBER ? 2 * HUBER * far - HUBER ** 2 : far * far);
    const local = (column: number): number => (column < 12 ? 6 * s + column - 6 : n - COMMON + column - 12);
    for (let i = 0; i < 8; i++) {
      for (let a = 0; a < LOCAL; a++) {
        const share = weight * rows[i * LOCAL + a]!;
        if (a < 6) mine[a]! += share * miss[i]!;
        else right[columns[local(a)]!]! += share * miss[i]!;
        for (let b = 0; b < LOCAL; b++) {
          const product = share * rows[i * LOCAL + b]!;
          if (a < 6 && b < 6) own[a * 6 + b]! += product;
          else if (a < 6) across[a * n + local(b)]! += product;
          else if (b >= 6) matrix[columns[local(a)]! * size + columns[local(b)]!]! += product;
        }
      }
    }
  }
  for (let k = 0; k < 6; k++) own[k * 7]! = own[k * 7]! * (1 + damping) + 1e-9;
  if (!cholesky(own, 6)) return null;
  const eliminated = { factor: own, across, columns, right: mine };
  eliminate(eliminated, matrix, right, size);
  return { eliminated, cost, squares };
}

function eliminate({ factor, across, columns, right: mine }: Eliminated, matrix: Float64Array, right: Float64Array, size: number): void {
  const n = columns.length;
  const column = new Float64Array(6);
  for (let b = 0; b < n; b++) {
    for (let k = 0; k < 6; k++) column[k] = across[k * n + b]!;
    substitute(factor, column, 6);
    for (let k = 0; k < 6; k++) right[columns[b]!]! -= column[k]! * mine[k]!;
    for (let a = 0; a < n; a++) {
      let sum = 0;
      for (let k = 0; k < 6; k++) sum += across[k * n + a]! * column[k]!;
      matrix[columns[a]! * size + columns[b]!]! -= sum;
    }
  }
}

/** Four corners' misses (seen - predicted) and how the prediction changes; false behind the camera. */
function sighted(problem: Problem, state: State, lens: Lens, v: number, sight: Sight, rows: Float64Array, miss: Float64Array): boolean {
  const pose = state.poses[v]!;
  const { centre, arms } = problem.designed[sight.marker]!;
  const size = Math.exp(state.common[2]!);
  for (let n = 0; n < 4; n++) {
    const arm = scaled(times(state.turns[sight.marker]!, arms[n]!), size);
    const turned = times(pose.r, plus(plus(centre, state.shifts[sight.marker]!), arm));
    const [X, Y, Z] = plus(turned, pose.t);
    if (!(Z > 1e-6)) return false;
    const [x, y] = [X / Z, Y / Z];
    const r2 = x * x + y * y;
    const bend = 1 + r2 * (lens.k1 + r2 * lens.k2);
    const more = 2 * (lens.k1 + 2 * r2 * lens.k2);
    const [u, w] = [lens.fx * x * bend, lens.fy * y * bend];
    miss[2 * n] = sight.pixels[n]![0] - u - lens.cx;
    miss[2 * n + 1] = sight.pixels[n]![1] - w - lens.cy;
    const ways: Vec3[] = [...turning(turned), [1, 0, 0], [0, 1, 0], [0, 0, 1]];
    for (const way of turning(arm)) ways.push(times(pose.r, way));
    for (let k = 0; k < 3; k++) ways.push([pose.r[k]!, pose.r[3 + k]!, pose.r[6 + k]!]);
    const put = (column: number, du: number, dw: number): void => {
      rows[2 * n * LOCAL + column] = du;
      rows[(2 * n + 1) * LOCAL + column] = dw;
    };
    const along = (column: number, [dX, dY, dZ]: Vec3): void => {
      const dx = (dX - x * dZ) / Z, dy = (dY - y * dZ) / Z;
      put(column, lens.fx * ((bend + x * x * more) * dx + x * y * more * dy), lens.fy * (x * y * more * dx + (bend + y * y * more) * dy));
    };
    ways.forEach((way, column) => along(column, way));
    put(12, u, w);
    put(13, lens.fx * x * r2, lens.fy * y * r2);
    along(14, times(pose.r, arm));
  }
  return true;
}

/** How a point moves when turned about each axis. */
function turning([a, b, c]: Vec3): Vec3[] {
  return [[0, -c, b], [c, 0, -a], [-b, a, 0]];
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
  const { designed, views, lens, size } = problem;
  const last = equations(problem, state, 0);
  const covariance = last && inverseOf(last.matrix, size);
  const print = Math.exp(state.common[2]!);
  const sights = views.flatMap((view) => view.sights);
  const markers = designed.map(({ centre, arms }, m): Hung => {
    const seen = sights.filter((sight) => sight.marker === m).length;
    const at = (n: number): Vec3 =>
      seen === 0 ? plus(centre, arms[n]!) : plus(plus(centre, state.shifts[m]!), scaled(times(state.turns[m]!, arms[n]!), print));
    const spread = [3, 4, 5].reduce((sum, k) => sum + (covariance?.[(6 * m + k) * (size + 1)] ?? Infinity), 0);
    return { places: [at(0), at(1), at(2), at(3)], views: seen, deviation: Math.sqrt(spread) };
  });
  const [focal, k1] = state.common as [number, number, number];
  const misfit = Math.sqrt(squares / Math.max(8 * sights.length, 1));
  return { markers, poses: state.poses, lens: adjusted(lens, Math.exp(focal), lens.k1 + k1), print, misfit };
}
