// Owns the refinement of a pose over all markers in view: Levenberg-Marquardt on the corners' pixels, each marker weighted by
// its own certainty. Pure. Called by pose.

import { adjusted, type Lens } from "./lens";
import { cholesky, inverseOf, multiply, plus, rotation, substitute, times } from "./linear";
import type { Pose, Seen, Solution } from "./pose";
import { project } from "./project";

/** What may give way beside the pose, as standard deviations of what is believed; 0 = it is as it is said to be. */
export interface Free {
  /** Of the focal length, relative: 0.01 = a percent. */
  readonly focal: number;
  /** Of the lens's k1. */
  readonly k1: number;
  /** Of its k2; 0 when left out. */
  readonly k2?: number;
  /** Of where a marker hangs, metres. */
  readonly placed: number;
}

/** Rotation, translation, log focal, k1, k2. */
export const PARAMETERS = 9;
const N = PARAMETERS;
const ROUNDS = 30;
const ENOUGH = 1e-9; // relative gain of a round

/** The pose with the least misfit near `from`; null when it leads behind the camera. No rounds: the misfit of `from`. */
export function refine(seen: readonly Seen[], lens: Lens, from: Pose, free: Free, rounds = ROUNDS): Solution | null {
  let state: State = { pose: from, focal: 0, k1: 0, k2: 0 };
  const sides = seen.map((marker) => certainty(marker, lens, from, free.placed));
  let now = equations(seen, sides, lens, state, free);
  if (now === null) return null;
  let damping = 1e-3;
  for (let round = 0; round < rounds; round++) {
    const step = solveDamped(now, damping);
    const next = step && moved(state, step);
    const then = next && equations(seen, sides, lens, next, free);
    if (next && then && then.cost <= now.cost) {
      const gain = now.cost - then.cost;
      [state, now, damping] = [next, then, Math.max(damping / 10, 1e-12)];
      if (gain <= ENOUGH * now.cost + 1e-15) break;
    } else {
      damping *= 10;
      if (damping > 1e9) break;
    }
  }
  return {
    pose: state.pose,
    lens: adjusted(lens, Math.exp(state.focal), lens.k1 + state.k1, lens.k2 + state.k2),
    covariance: covarianceOf(now, free),
    misfit: now.cost / (seen.length * 8),
    lead: Infinity,
  };
}

interface State {
  readonly pose: Pose;
  readonly focal: number;
  readonly k1: number;
  readonly k2: number;
}

interface Equations {
  readonly matrix: Float64Array;
  readonly right: Float64Array;
  readonly cost: number;
}

/** The inverse covariance of a marker's corners: alignment's, and what is unsure about where it hangs. */
function certainty(marker: Seen, lens: Lens, pose: Pose, placed: number): Float64Array {
  const whole = marker.information ?? identity(8);
  if (placed === 0) return whole;
  const covariance = inverseOf(whole, 8);
  const depth = plus(times(pose.r, marker.places[0]!), pose.t)[2];
  if (covariance === null || !(depth > 0)) return whole;
  // A sticker is off as a whole: all four corners together.
  const off = ((placed * lens.fx) / depth) ** 2;
  for (let i = 0; i < 8; i++) for (let j = i % 2; j < 8; j += 2) covariance[i * 8 + j]! += off;
  return inverseOf(covariance, 8) ?? whole;
}

function equations(
  seen: readonly Seen[], sides: readonly Float64Array[], lens: Lens, state: State, free: Free,
): Equations | null {
  const matrix = new Float64Array(N * N);
  const right = new Float64Array(N);
  const jacobian = new Float64Array(8 * N);
  const miss = new Float64Array(8);
  const bent = adjusted(lens, Math.exp(state.focal), lens.k1 + state.k1, lens.k2 + state.k2);
  let cost = 0;
  for (let m = 0; m < seen.length; m++) {
    for (let n = 0; n < 4; n++) if (!corner(seen[m]!, n, bent, state.pose, jacobian, miss)) return null;
    cost += gather(matrix, right, jacobian, miss, sides[m]!);
  }
  cost += believed(matrix, right, 6, state.focal, free.focal);
  cost += believed(matrix, right, 7, state.k1, free.k1);
  cost += believed(matrix, right, 8, state.k2, free.k2 ?? 0);
  return { matrix, right, cost };
}

/** One corner's miss (seen - predicted) and how the prediction changes; false behind the camera. */
function corner(marker: Seen, n: number, lens: Lens, pose: Pose, jacobian: Float64Array, miss: Float64Array): boolean {
  const turned = times(pose.r, marker.places[n]!);
  const seen = project(lens, plus(turned, pose.t));
  if (seen === null) return false;
  const [u, v] = seen.at;
  miss[2 * n] = marker.pixels[n]![0] - u - lens.cx;
  miss[2 * n + 1] = marker.pixels[n]![1] - v - lens.cy;
  const { x, y, depth, k1, k2, slopes: [ux, uy, vx, vy] } = seen;
  const [a, b, c] = turned;
  const [at, below] = [2 * n * N, (2 * n + 1) * N];
  // Turned about each axis and moved along each; written out, for this is the dearest loop of a pose.
  const dX = [0, c, -b, 1, 0, 0], dY = [-c, 0, a, 0, 1, 0], dZ = [b, -a, 0, 0, 0, 1];
  for (let i = 0; i < 6; i++) {
    const dx = (dX[i]! - x * dZ[i]!) / depth, dy = (dY[i]! - y * dZ[i]!) / depth;
    jacobian[at + i] = ux * dx + uy * dy;
    jacobian[below + i] = vx * dx + vy * dy;
  }
  [jacobian[at + 6], jacobian[below + 6]] = [u, v];
  [jacobian[at + 7], jacobian[below + 7]] = k1;
  [jacobian[at + 8], jacobian[below + 8]] = k2;
  return true;
}

function gather(matrix: Float64Array, right: Float64Array, jacobian: Float64Array, miss: Float64Array, side: Float64Array): number {
  let cost = 0;
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 8; j++) {
      const w = side[i * 8 + j]!;
      if (w === 0) continue;
      cost += w * miss[i]! * miss[j]!;
      for (let a = 0; a < N; a++) {
        const share = w * jacobian[i * N + a]!;
        right[a]! += share * miss[j]!;
        for (let b = 0; b < N; b++) matrix[a * N + b]! += share * jacobian[j * N + b]!;
      }
    }
  }
  return cost;
}

/** A parameter that should stay near 0; held there when nothing is allowed. */
function believed(matrix: Float64Array, right: Float64Array, n: number, value: number, deviation: number): number {
  if (deviation === 0) {
    for (let k = 0; k < N; k++) matrix[n * N + k] = matrix[k * N + n] = 0;
    matrix[n * N + n] = 1;
    right[n] = 0;
    return 0;
  }
  const weight = 1 / (deviation * deviation);
  matrix[n * N + n]! += weight;
  right[n]! -= weight * value;
  return weight * value * value;
}

function solveDamped({ matrix, right }: Equations, damping: number): Float64Array | null {
  const a = matrix.slice();
  for (let n = 0; n < N; n++) a[n * N + n]! *= 1 + damping;
  if (!cholesky(a, N)) return null;
  const x = right.slice();
  substitute(a, x, N);
  return x;
}

function moved(state: State, x: Float64Array): State {
  const turn = rotation([x[0]!, x[1]!, x[2]!]);
  const t = plus(state.pose.t, [x[3]!, x[4]!, x[5]!]);
  return { pose: { r: multiply(turn, state.pose.r), t }, focal: state.focal + x[6]!, k1: state.k1 + x[7]!, k2: state.k2 + x[8]! };
}

function covarianceOf({ matrix }: Equations, free: Free): Float64Array {
  const covariance = inverseOf(matrix, N) ?? new Float64Array(N * N).fill(Infinity);
  for (const [n, deviation] of [[6, free.focal], [7, free.k1], [8, free.k2 ?? 0]] as const) {
    if (deviation === 0) for (let k = 0; k < N; k++) covariance[n * N + k] = covariance[k * N + n] = 0;
  }
  return covariance;
}

function identity(n: number): Float64Array {
  return new Float64Array(n * n).map((_, at) => (at % (n + 1) === 0 ? 1 : 0));
}
