// Owns what a walk's views come to: the problem that bundle solves, and its result as words, as what the server keeps, and as what
// is known of the lens. Pure. Called by the pages of survey and calibration; the solving itself is done in the worker.

import { bundle, type Beliefs, type Bundle, type Four, type Hung, type Pin, type Tape, type View } from "../ar/bundle";
import type { Lens } from "../ar/lens";
import { cross, dot, plus, scaled, unit, type Vec3 } from "../ar/linear";
import type { Marker } from "../ar/markers";
import type { Known } from "./lenses";
import type { Kept } from "./walk";

/** What the worker solves. Structured data only: it is posted. */
export interface Problem {
  readonly designed: readonly Four<Vec3>[];
  readonly views: readonly View[];
  readonly lens: Lens;
  readonly beliefs: Beliefs;
  readonly tapes: readonly Tape[];
  readonly pins: readonly Pin[];
}

/** A tape's reading as a person gives it: the same corner of two markers, metres. */
export interface Reading {
  readonly from: string;
  readonly to: string;
  readonly distance: number;
}

/** One marker as surveyed: against the design, and how sure. */
export interface Found {
  readonly id: string;
  readonly position: Vec3;
  readonly rotation: readonly [number, number, number, number];
  readonly deviation: number;
  readonly views: number;
  /** Metres beside where it should hang, and radians turned. */
  readonly off: number;
  readonly turned: number;
}

export interface Survey {
  readonly markers: readonly Found[];
  readonly print: number;
  readonly views: number;
  readonly misfit: number;
  /** Standard deviations of the least known of them, metres: among themselves, and against the racks. */
  readonly among: number;
  readonly whole: number;
}

const PIXEL = 0.05; // a corner's standard deviation as alignment leaves it
export const RULER_M = 0.0003; // a steel ruler in somebody's hands
export const TAPE_M = 0.0005;
/** Of a tape, upper left corner to upper left corner. */
const CORNER = 0;
const HUNG: Beliefs = { pixel: PIXEL, placed: 0.003, turned: 0.02, focal: 0.06, k1: 0.1, k2: 0.1, centre: 0, print: 0.005 };
/** The ruler's sheet is as exact as the printer: stretched as a whole, which the focal length does not see. */
const PRINTED: Beliefs = { pixel: PIXEL, placed: 0.00005, turned: 0.0005, focal: 0.1, k1: 0.2, k2: 0.2, centre: 0, print: 0.005 };
const CENTRE = 0.015; // of the picture's width: how far the middle of the lens may be from its middle
const LEAST_VIEWS = 2;
const COARSER = 1.5;

export function surveyProblem(markers: readonly Marker[], kept: readonly Kept[], lens: Lens, width: number, readings: readonly Reading[], pinned: readonly string[]): Problem {
  const row = rows(markers);
  const tapes = readings.map(({ from, to, distance }): Tape => ({ from: row(from), to: row(to), corner: CORNER, distance, deviation: TAPE_M }));
  const pins = pinned.map((id): Pin => ({ marker: row(id), deviation: RULER_M }));
  return { ...viewed(markers, kept), lens, beliefs: { ...HUNG, centre: CENTRE * width }, tapes, pins };
}

export function lensProblem(markers: readonly Marker[], kept: readonly Kept[], lens: Lens, width: number): Problem {
  return { ...viewed(markers, kept), lens, beliefs: { ...PRINTED, centre: CENTRE * width }, tapes: [], pins: [] };
}

function viewed(markers: readonly Marker[], kept: readonly Kept[]): { designed: readonly Four<Vec3>[]; views: readonly View[] } {
  const row = rows(markers);
  const views = kept.map(({ pose, sights }): View => ({ pose, sights: sights.map(({ id, corners }) => ({ marker: row(id), pixels: corners })) }));
  return { designed: markers.map(({ designed }) => designed), views };
}

function rows(markers: readonly Marker[]): (id: string) => number {
  const known = new Map(markers.map(({ id }, n) => [id, n]));
  return (id) => known.get(id)!;
}

/** The solution; a second time with what the first one missed by, where the pictures turn out coarser than believed. */
export function solved({ designed, views, lens, beliefs, tapes, pins }: Problem): Bundle | null {
  const first = bundle(designed, views, lens, beliefs, tapes, pins);
  if (first === null || first.misfit < COARSER * beliefs.pixel) return first;
  return bundle(designed, views, lens, { ...beliefs, pixel: first.misfit }, tapes, pins);
}

/** What was found of the markers that were seen often enough. */
export function surveyOf(found: Bundle, markers: readonly Marker[], views: number): Survey {
  const hung = found.markers.flatMap((each, n): Found[] => {
    if (each.views < LEAST_VIEWS) return [];
    const { id, designed } = markers[n]!;
    const position = middle(each.places);
    const way = plus(position, scaled(middle(designed), -1));
    const [now, then] = [quaternion(each.places), quaternion(designed)];
    const same = Math.abs(now.reduce((sum, value, k) => sum + value * then[k]!, 0));
    return [{ id, position, rotation: now, deviation: each.deviation, views: each.views, off: Math.sqrt(dot(way, way)), turned: 2 * Math.acos(Math.min(1, same)) }];
  });
  const most = (of: (one: Hung) => number): number => Math.max(...found.markers.filter(({ views }) => views >= LEAST_VIEWS).map(of));
  return { markers: hung, print: found.print, views, misfit: found.misfit, among: most((one) => one.among), whole: most((one) => one.deviation) };
}

/** The lens as the device keeps it. */
export function knownOf({ lens, doubt }: Bundle): Known {
  return { lens, focal: doubt.focal, k1: doubt.k1, k2: doubt.k2 };
}

/** A few markers far apart, which hold the whole best when a ruler puts them right. */
export function cornerstones(markers: readonly Marker[], seen: ReadonlySet<string>, count = 4): string[] {
  const left = markers.filter(({ id }) => seen.has(id)).map(({ id, designed }) => ({ id, at: middle(designed) }));
  const far = (a: Vec3, b: Vec3): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  const whole = scaled(left.reduce<Vec3>((sum, { at }) => plus(sum, at), [0, 0, 0]), 1 / Math.max(left.length, 1));
  const chosen: typeof left = [];
  while (chosen.length < count && left.length > 0) {
    // Roots: far from all that are chosen, rather than twice as far from one of them.
    const room = left.map(({ at }) => (chosen.length === 0 ? far(at, whole) : chosen.reduce((sum, one) => sum + Math.sqrt(far(at, one.at)), 0)));
    chosen.push(...left.splice(room.indexOf(Math.max(...room)), 1));
  }
  return chosen.map(({ id }) => id);
}

function middle(places: Four<Vec3>): Vec3 {
  return scaled(places.reduce<Vec3>(plus, [0, 0, 0]), 1 / 4);
}

/** (x, y, z, w) of the turn that takes a card facing z, its right along x, to these corners. */
export function quaternion([tl, tr, br, bl]: Four<Vec3>): readonly [number, number, number, number] {
  const across = unit(plus(plus(tr, scaled(tl, -1)), plus(br, scaled(bl, -1))));
  const along = plus(plus(tl, scaled(bl, -1)), plus(tr, scaled(br, -1)));
  const out = unit(cross(across, along));
  const up = cross(out, across);
  const [xx, yy, zz] = [across[0], up[1], out[2]];
  // The largest of the four first, or a half turn would divide by nothing.
  const squares = [1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz, 1 + xx + yy + zz];
  const largest = squares.indexOf(Math.max(...squares));
  const s = 2 * Math.sqrt(squares[largest]!);
  const [a, b, c] = [up[2] - out[1], out[0] - across[2], across[1] - up[0]];
  const [d, e, f] = [across[1] + up[0], out[0] + across[2], up[2] + out[1]];
  const parts = [[s / 4, d / s, e / s, a / s], [d / s, s / 4, f / s, b / s], [e / s, f / s, s / 4, c / s], [a / s, b / s, c / s, s / 4]][largest]!;
  const sign = parts[3]! < 0 ? -1 : 1;
  return [sign * parts[0]!, sign * parts[1]!, sign * parts[2]!, sign * parts[3]!];
}
