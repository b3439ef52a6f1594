// Owns where the camera is: from the corners of one marker or more to one pose over all of them, and how sure that is. Pure.
//
// A flat marker seen from afar has two poses that look nearly alike. Every marker offers both, each is refined over all
// markers together (Levenberg-Marquardt, corners weighted by what alignment knows of them), and the least error wins.
// Focal length and k1 may be adjusted too, within what is believed of them: a phone's are known to a percent only.

import { refine, type Free } from "./refine";
import { apply, fit } from "./homography";
import { toIdeal, type Lens, type Point } from "./lens";
import { between, cross, dot, multiply, plus, scaled, times, transposed, unit, type Mat3, type Vec3 } from "./linear";

/** World -> camera: p = r * P + t. Camera axes: x right, y down, z forward, as pixels run. */
export interface Pose {
  readonly r: Mat3;
  readonly t: Vec3;
}

/** A marker in view. `places`: its corners in the world, in the order of symbol's CORNERS; pixels: where they are seen. */
export interface Seen {
  readonly places: readonly Vec3[];
  readonly pixels: readonly Point[];
  /** Inverse covariance of the eight pixel coordinates; null: all alike, a pixel. */
  readonly information: Float64Array | null;
}

export interface Solution {
  readonly pose: Pose;
  /** The lens, adjusted as far as `free` allowed. */
  readonly lens: Lens;
  /** Of (rotation x y z about the camera's axes, translation x y z, log focal, k1, k2); 9 x 9, zeros where not free. */
  readonly covariance: Float64Array;
  /** Mean square of the corners' misses in their standard deviations: about 1 when all is as believed. */
  readonly misfit: number;
  /** How much worse the best other pose fits (difference of chi squares): below 10 or so it could be either. */
  readonly lead: number;
}

const CANDIDATES = 6; // markers, the nearest first, that offer a first guess
const REFINED = 4; // guesses that are worth refining
const SAME = 0.02; // radians and metres: poses within are the same one
const FIXED: Free = { focal: 0, k1: 0, placed: 0 };

/** The pose over all of `seen`; null where none fits. `free`: what else may give way (see Free). */
export function solvePose(seen: readonly Seen[], lens: Lens, free: Free = FIXED): Solution | null {
  const guesses = guess(seen, lens);
  const quick = guesses
    .map((pose) => ({ pose, cost: refine(seen, lens, pose, FIXED, 0)?.misfit ?? Infinity }))
    .sort((a, b) => a.cost - b.cost)
    .slice(0, REFINED);
  const found = quick
    .map(({ pose }) => refine(seen, lens, pose, free))
    .filter((each): each is Solution => each !== null)
    .sort((a, b) => a.misfit - b.misfit);
  const [best] = found;
  if (best === undefined) return null;
  const other = found.find((each) => !same(each.pose, best.pose));
  return { ...best, lead: other ? (other.misfit - best.misfit) * 8 * seen.length : Infinity };
}

function guess(seen: readonly Seen[], lens: Lens): Pose[] {
  const near = [...seen].sort((a, b) => area(b.pixels) - area(a.pixels)).slice(0, CANDIDATES);
  const found: Pose[] = [];
  for (const marker of near) found.push(...bothWays(near.filter((each) => onPlane(each, marker)), marker, lens));
  for (const marker of near) if (near.length > 1) found.push(...bothWays([marker], marker, lens));
  return found;
}

/** The two poses of what lies on one plane: `frame` is a marker of it, whose axes are the plane's. */
function bothWays(flat: readonly Seen[], frame: Seen, lens: Lens): Pose[] {
  const [origin, axes] = planeOf(frame);
  const across = flat.flatMap((each) => each.places.map((place): Point => {
    const [x, y] = times(axes, minus(place, origin));
    return [x, y];
  }));
  const map = fit(across, flat.flatMap((each) => each.pixels.map((pixel) => toIdeal(lens, pixel))));
  if (map === null) return [];
  const one: Vec3 = [map[0]!, map[3]!, map[6]!];
  const two: Vec3 = [map[1]!, map[4]!, map[7]!];
  const sign = map[8]! < 0 ? -1 : 1;
  const size = (2 * sign) / (Math.sqrt(dot(one, one)) + Math.sqrt(dot(two, two)));
  const t = scaled([map[2]!, map[5]!, map[8]!], size);
  // The two columns made square to each other, each giving way as much as the other.
  const [a, b] = [unit(one), unit(two)];
  const middle = unit(plus(a, b));
  const aside = unit(minus(a, b));
  const x = scaled(plus(middle, aside), Math.SQRT1_2 * sign);
  const y = scaled(minus(middle, aside), Math.SQRT1_2 * sign);
  const z = cross(x, y);
  const r: Mat3 = [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]];
  const centre = apply(map, [0, 0]);
  const sight = unit([centre[0], centre[1], 1]);
  const mirrored = minus(scaled(sight, 2 * dot(z, sight)), z);
  const turned = multiply(between(z, mirrored), r);
  return [r, turned].map((each) => {
    const whole = multiply(each, axes);
    return { r: whole, t: minus(t, times(whole, origin)) };
  });
}

/** A marker's centre, and the rotation from the world to its own axes: x right, y up, z out of its face. */
function planeOf(marker: Seen): readonly [Vec3, Mat3] {
  const [tl, tr, br, bl] = marker.places as readonly [Vec3, Vec3, Vec3, Vec3];
  const origin = scaled(plus(plus(tl, tr), plus(br, bl)), 0.25);
  const x = unit(minus(tr, tl));
  const out = unit(cross(x, minus(tl, bl)));
  const y = cross(out, x);
  return [origin, [...x, ...y, ...out]];
}

function onPlane(marker: Seen, of: Seen): boolean {
  const [origin, axes] = planeOf(of);
  return marker.places.every((place) => Math.abs(times(axes, minus(place, origin))[2]) < 1e-3);
}

function area(pixels: readonly Point[]): number {
  return Math.abs(pixels.reduce((sum, [x, y], n) => {
    const [u, v] = pixels[(n + 1) % pixels.length]!;
    return sum + x * v - u * y;
  }, 0)) / 2;
}

function same(one: Pose, other: Pose): boolean {
  const turn = multiply(one.r, transposed(other.r));
  const angle = Math.acos(Math.min(Math.max((turn[0]! + turn[4]! + turn[8]! - 1) / 2, -1), 1));
  const apart = minus(one.t, other.t);
  return angle < SAME && Math.sqrt(dot(apart, apart)) < SAME;
}

function minus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}
