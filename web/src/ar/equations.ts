// Owns the normal equations of many views: what each corner, tape and belief says of the markers' places and the
// common unknowns (lens, print). Pure. Called by bundle.
//
// A view's six unknowns meet nobody else's, so each view is eliminated on its own (Schur complement) and only the markers
// and the common unknowns are left to solve for.

import type { Beliefs, Sight, Tape, View } from "./bundle";
import type { Lens, Point } from "./lens";
import { cholesky, dot, plus, scaled, substitute, times, type Mat3, type Vec3 } from "./linear";
import type { Pose } from "./pose";
import { along, project, rigid, turning } from "./project";

/** Log focal, k1, k2, the principal point's x and y, log print. */
export const COMMON = 6;
const PRINT = COMMON - 1;
const LOCAL = 6 + 6 + COMMON; // columns of one sight: view, marker, common
const HUBER = 2.5; // standard deviations of a sight's mean miss

export interface State {
  readonly poses: readonly Pose[];
  readonly turns: readonly Mat3[];
  readonly shifts: readonly Vec3[];
  readonly common: readonly number[];
}

/** A view's equations: its own 6 x 6 factor, its rows against the unknowns that are left, its right side. */
export interface Eliminated {
  readonly factor: Float64Array;
  readonly across: Float64Array; // 6 x columns.length
  readonly columns: readonly number[];
  readonly right: Float64Array;
}

export interface Equations {
  readonly matrix: Float64Array;
  readonly right: Float64Array;
  readonly views: readonly Eliminated[];
  readonly cost: number;
  readonly squares: number;
}

export interface Problem {
  readonly designed: readonly { readonly centre: Vec3; readonly arms: readonly Vec3[] }[];
  readonly views: readonly View[];
  /** Of each marker, as Beliefs.placed. */
  readonly placed: readonly number[];
  readonly lens: Lens;
  readonly beliefs: Beliefs;
  readonly tapes: readonly Tape[];
  readonly size: number;
}

/** The equations at a state; null where it has something behind a camera. */
export function equations(problem: Problem, state: State, damping: number): Equations | null {
  const { size, beliefs, lens, tapes } = problem;
  const matrix = new Float64Array(size * size);
  const right = new Float64Array(size);
  const bent = lensOf(lens, state.common);
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
      add(6 * m + 3 + k, state.shifts[m]![k]!, problem.placed[m]!);
    }
  }
  const { focal, k1, k2, centre, print } = beliefs;
  [focal, k1, k2, centre, centre, print].forEach((deviation, k) => add(size - COMMON + k, state.common[k]!, deviation));
  for (const tape of tapes) cost += taped(problem, state, tape, matrix, right);
  return { matrix, right, views, cost, squares };
}

function taped({ designed, size }: Problem, state: State, tape: Tape, matrix: Float64Array, right: Float64Array): number {
  const arm = (m: number): Vec3 => scaled(times(state.turns[m]!, designed[m]!.arms[tape.corner]!), Math.exp(state.common[PRINT]!));
  const at = (m: number): Vec3 => plus(plus(designed[m]!.centre, state.shifts[m]!), arm(m));
  const way = plus(at(tape.to), scaled(at(tape.from), -1));
  const length = Math.sqrt(dot(way, way));
  const miss = (tape.distance - length) / tape.deviation;
  const pull = scaled(way, 1 / length / tape.deviation);
  const slopes: [number, number][] = [[size - COMMON + PRINT, dot(pull, plus(arm(tape.to), scaled(arm(tape.from), -1)))]];
  for (const [m, sign] of [[tape.to, 1], [tape.from, -1]] as const) {
    turning(arm(m)).forEach((turned, k) => slopes.push([6 * m + k, sign * dot(pull, turned)]));
    for (let k = 0; k < 3; k++) slopes.push([6 * m + 3 + k, sign * pull[k]!]);
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
  const rows = new Float64Array(8 * LOCAL), miss = new Float64Array(8), local = new Int32Array(LOCAL);
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
    for (let column = 6; column < LOCAL; column++) local[column] = column < 12 ? 6 * s + column - 6 : n - COMMON + column - 12;
    for (let i = 0; i < 8; i++) {
      const row = rows.subarray(i * LOCAL, (i + 1) * LOCAL);
      for (let a = 0; a < 6; a++) {
        const share = weight * row[a]!;
        mine[a]! += share * miss[i]!;
        for (let b = 0; b < 6; b++) own[a * 6 + b]! += share * row[b]!;
        for (let b = 6; b < LOCAL; b++) across[a * n + local[b]!]! += share * row[b]!;
      }
      for (let a = 6; a < LOCAL; a++) {
        const share = weight * row[a]!;
        const at = columns[local[a]!]!;
        right[at]! += share * miss[i]!;
        for (let b = 6; b < LOCAL; b++) matrix[at * size + columns[local[b]!]!]! += share * row[b]!;
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
  const size = Math.exp(state.common[PRINT]!);
  for (let n = 0; n < 4; n++) {
    const arm = scaled(times(state.turns[sight.marker]!, arms[n]!), size);
    const turned = times(pose.r, plus(plus(centre, state.shifts[sight.marker]!), arm));
    const of = turning(arm).map((way) => times(pose.r, way));
    for (let k = 0; k < 3; k++) of.push([pose.r[k]!, pose.r[3 + k]!, pose.r[6 + k]!]);
    if (!projected(pose, lens, turned, sight.pixels[n]!, of, times(pose.r, arm), 2 * n, rows, miss)) return false;
  }
  return true;
}

/** Two lines: a point, `turned` but not yet moved by the pose, against where it is seen. `of`: how the marker's unknowns move it. */
function projected(
  pose: Pose, lens: Lens, turned: Vec3, pixel: readonly [number, number], of: readonly Vec3[], grown: Vec3, line: number, rows: Float64Array, miss: Float64Array,
): boolean {
  const seen = project(lens, plus(turned, pose.t));
  if (seen === null) return false;
  miss[line] = pixel[0] - seen.at[0] - lens.cx;
  miss[line + 1] = pixel[1] - seen.at[1] - lens.cy;
  const put = (column: number, [du, dv]: Point): void => {
    rows[line * LOCAL + column] = du;
    rows[(line + 1) * LOCAL + column] = dv;
  };
  [...rigid(turned), ...of].forEach((way, column) => put(column, along(seen, way)));
  put(12, seen.at);
  put(13, seen.k1);
  put(14, seen.k2);
  put(15, [1, 0]);
  put(16, [0, 1]);
  put(12 + PRINT, along(seen, grown));
  return true;
}

/** The lens with what was found of it. */
export function lensOf(lens: Lens, [focal, k1, k2, x, y]: readonly number[]): Lens {
  const by = Math.exp(focal!);
  return { fx: lens.fx * by, fy: lens.fy * by, cx: lens.cx + x!, cy: lens.cy + y!, k1: lens.k1 + k1!, k2: lens.k2 + k2! };
}
