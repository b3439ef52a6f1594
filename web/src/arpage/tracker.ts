// Owns the way from picture to picture: which markers to look for where, when to decode, and which solution to believe. Pure
// but for the decoder that it is given; time is an argument. Called by worker.
//
// Between decodes each marker is aligned from where the last pose and its motion say it must be: that needs no decoder,
// stands more blur, and takes a few milliseconds. The decoder is asked when too little is in view, and now and then for
// markers that have come into it.

import { align, type Aligned } from "../ar/align";
import type { Steps } from "../ar/blur";
import { toIdeal, type Lens, type Point } from "../ar/lens";
import { dot, inverseOf, multiply, plus, rotation, scaled, times, transposed, unit, type Vec3 } from "../ar/linear";
import type { Marker, Markers } from "../ar/markers";
import type { Picture } from "../ar/picture";
import { solvePose, type Pose, type Seen, type Solution } from "../ar/pose";
import { refine, type Free } from "../ar/refine";
import { Templates } from "../ar/template";
import type { Read } from "./reader";
import { apart, cornersOf, inside, inView, sizeOf, type Sighting } from "./view";

/** Where the camera was when a picture was taken. */
export interface Fix {
  readonly solution: Solution;
  readonly at: number;
  /** Markers that the pose rests on, and their corners in the picture. */
  readonly seen: readonly { readonly id: string; readonly corners: readonly Point[] }[];
  /** A marker that hangs elsewhere than it should, and by how many metres; left out of the pose. */
  readonly astray: { readonly id: string; readonly metres: number } | null;
  readonly decoded: boolean;
}

const MOST = 6; // markers aligned a picture: more cost time and add next to nothing
const LEADING = 2; // found ones that say where the others are: more say it no better
const LED_ROUNDS = 6;
const HELD: Free = { focal: 0, k1: 0, placed: 0 };
const ENOUGH = 2; // with fewer the decoder is asked
const DECODE_MS = 1500;
const HOPELESS_MS = 150; // between decodes while nothing is found
const MOTION_MS = 400; // a pose older than that says little about the next
/** From here on a marker may hang elsewhere than it should; from there on no pose is believed. */
const DOUBTED_M = 0.004;
const ASTRAY_M = 0.03;
/** Without it the rest must fit so many times better. */
const AGREE = 4;
/** What each corner may be off for reasons that alignment does not know (the sticker, its print, the wall), metres. */
const STUCK_M = 0.0003;

export class Tracker {
  private readonly known: readonly Marker[];
  private readonly markers: Markers;
  private readonly templates = new Map<string, Templates>();
  private readonly blurs = new Map<string, Steps>();
  private last: Fix | null = null;
  private before: Fix | null = null;
  private decodedAt = -Infinity;
  private size = "";

  /** ruler: before the ruler's sheet instead of the racks. */
  constructor(markers: Markers, ruler = false) {
    this.markers = markers;
    this.known = ruler ? markers.ruler.markers : markers.markers;
  }

  /** The pose of this picture; null when it shows too little. */
  async step(picture: Picture, at: number, lens: Lens, free: Free, decode: (picture: Picture) => Promise<readonly Read[]>): Promise<Fix | null> {
    if (this.size !== `${picture.width}x${picture.height}`) [this.last, this.before] = [null, null]; // the device was turned
    this.size = `${picture.width}x${picture.height}`;
    const found = new Map<Marker, Aligned>();
    const guess = this.predicted(at);
    if (guess) this.follow(found, guess, picture, lens);
    this.complete(found, picture, at, lens, free);
    const decoded = this.due(found.size, at);
    if (decoded) {
      this.decodedAt = at;
      const reads = (await decode(picture)).flatMap(({ text, corners }): Sighting[] => {
        const marker = this.markers.find(text);
        return marker && this.known.includes(marker) && !found.has(marker) ? [{ marker, corners, size: sizeOf(corners) }] : [];
      });
      for (const { marker, corners } of apart(reads, Math.max(MOST - found.size, 1))) this.take(found, marker, picture, lens, corners);
      this.complete(found, picture, at, lens, free); // a decoder misses some that are there
    }
    const fix = this.solve(found, at, lens, free, decoded);
    if (fix) [this.before, this.last] = [this.last, fix];
    return fix;
  }

  /** From where they must be by now. What the first ones say about the camera tells where the others are, to a pixel. */
  private follow(found: Map<Marker, Aligned>, guess: Pose, picture: Picture, lens: Lens): void {
    const tried = new Set<Marker>();
    const by = this.last!.solution.lens;
    let pose = guess;
    for (let next = this.next(found, tried, pose, by, picture); next; next = this.next(found, tried, pose, by, picture)) {
      const { marker } = next;
      tried.add(marker);
      this.take(found, marker, picture, lens, next.corners, true);
      const again = found.has(marker) || pose === guess ? null : cornersOf(guess, by, marker);
      if (again) this.take(found, marker, picture, lens, again, true);
      if (found.has(marker) && found.size <= LEADING) pose = refine([...seenOf(found).values()], by, pose, HELD, LED_ROUNDS)?.pose ?? pose;
    }
  }

  /** Those that should be in the picture too, by the pose of those that were found. */
  private complete(found: Map<Marker, Aligned>, picture: Picture, at: number, lens: Lens, free: Free): void {
    const first = found.size > 0 && found.size < MOST ? this.solve(found, at, lens, free, false) : null;
    if (first === null) return;
    const { pose, lens: by } = first.solution;
    const tried = new Set<Marker>();
    for (let next = this.next(found, tried, pose, by, picture); next; next = this.next(found, tried, pose, by, picture)) {
      tried.add(next.marker);
      this.take(found, next.marker, picture, lens, next.corners, true);
    }
  }

  /** The marker to look for next, where a camera there sees it. */
  private next(found: ReadonlyMap<Marker, Aligned>, tried: ReadonlySet<Marker>, pose: Pose, lens: Lens, picture: Picture): Sighting | undefined {
    if (found.size >= MOST) return undefined;
    const left = apart(inView(this.known, pose, lens, picture), MOST).filter(({ marker }) => !found.has(marker) && !tried.has(marker));
    return left.find(({ marker }) => marker.id !== this.last?.astray?.id) ?? left[0]; // one that hangs elsewhere leads astray
  }

  private due(found: number, at: number): boolean {
    const waited = at - this.decodedAt;
    return found === 0 ? waited >= (this.last ? 0 : HOPELESS_MS) || this.decodedAt === -Infinity : waited >= (found < ENOUGH ? HOPELESS_MS : DECODE_MS);
  }

  private take(found: Map<Marker, Aligned>, marker: Marker, picture: Picture, lens: Lens, corners: readonly Point[], followed = false): void {
    let templates = this.templates.get(marker.id);
    if (!templates) this.templates.set(marker.id, (templates = new Templates(marker.rows)));
    const aligned = align(picture, lens, templates, corners, (followed && this.blurs.get(marker.id)) || null);
    if (!aligned?.corners.every((corner) => inside(corner, picture))) return;
    found.set(marker, aligned);
    this.blurs.set(marker.id, aligned.steps);
  }

  private solve(found: ReadonlyMap<Marker, Aligned>, at: number, lens: Lens, free: Free, decoded: boolean): Fix | null {
    const sure = seenOf(found);
    const solved = (used: readonly Marker[]): Solution | null => solvePose(used.map((marker) => sure.get(marker)!), lens, free);
    const off = (marker: Marker, solution: Solution): number => metresOff(marker, found.get(marker)!.corners, solution);
    let used = [...found.keys()];
    let solution = used.length > 0 ? solved(used) : null;
    let astray: Fix["astray"] = null;
    while (solution !== null && used.length > 2 && used.some((marker) => off(marker, solution!) > DOUBTED_M)) {
      // One that hangs wrong pulls the pose towards itself, so that all look off: whose absence makes the rest agree?
      const without = used.map((marker) => ({ marker, solution: solved(used.filter((each) => each !== marker)) }));
      const best = without.reduce((a, b) => ((b.solution?.misfit ?? Infinity) < (a.solution?.misfit ?? Infinity) ? b : a));
      if (best.solution === null || best.solution.misfit * AGREE > solution.misfit) break;
      astray = { id: best.marker.id, metres: off(best.marker, best.solution) };
      used = used.filter((each) => each !== best.marker);
      solution = best.solution;
    }
    if (solution === null || used.some((marker) => off(marker, solution) > ASTRAY_M)) return null; // they contradict each other
    return { solution, at, seen: used.map((marker) => ({ id: marker.id, corners: found.get(marker)!.corners })), astray, decoded };
  }

  /** Where the camera should be by now: as it was, moving on as it moved. */
  private predicted(at: number): Pose | null {
    const { last, before } = this;
    if (!last || at - last.at > MOTION_MS) return null;
    const { pose } = last.solution;
    const step = before ? last.at - before.at : 0;
    if (!before || step <= 0 || step > MOTION_MS) return pose;
    const share = Math.min((at - last.at) / step, 2);
    const turn = multiply(pose.r, transposed(before.solution.pose.r));
    const r = multiply(rotation(scaled(turnOf(turn), share)), pose.r);
    const move = plus(pose.t, scaled(before.solution.pose.t, -1));
    return { r, t: plus(pose.t, scaled(move, share)) };
  }
}

function seenOf(found: ReadonlyMap<Marker, Aligned>): Map<Marker, Seen> {
  return new Map([...found].map(([marker, aligned]) => [marker, { places: marker.places, pixels: aligned.corners, information: believed(aligned, marker) }]));
}

/**
 * The inverse covariance of a marker's corners with what a sticker may be off on top. Each corner for itself: taken as a
 * whole, the marker's own foreshortening would count more than where it is among the others, and that does not hold a pose.
 */
function believed({ corners, information }: Aligned, { size }: Marker): Float64Array | null {
  const covariance = inverseOf(information, 8);
  if (covariance === null) return null;
  const off = ((STUCK_M * sizeOf(corners)) / size) ** 2;
  for (let n = 0; n < 8; n++) covariance[9 * n]! += off;
  return inverseOf(covariance, 8);
}

/** How far a marker is from where the pose says it hangs, across the line of sight. */
function metresOff(marker: Marker, corners: readonly Point[], { pose, lens }: Solution): number {
  let [x, y, depth] = [0, 0, 0];
  marker.places.forEach((place, n) => {
    const at = plus(times(pose.r, place), pose.t);
    const seen = toIdeal(lens, corners[n]!);
    x += (seen[0] - at[0] / at[2]) / 4;
    y += (seen[1] - at[1] / at[2]) / 4;
    depth += at[2] / 4;
  });
  return Math.hypot(x, y) * depth;
}

/** The axis times the angle of a small turn. */
function turnOf(turn: readonly number[]): Vec3 {
  const axis: Vec3 = [turn[7]! - turn[5]!, turn[2]! - turn[6]!, turn[3]! - turn[1]!];
  const sine = Math.sqrt(dot(axis, axis)) / 2;
  return sine < 1e-9 ? [0, 0, 0] : scaled(unit(axis), Math.atan2(sine, (turn[0]! + turn[4]! + turn[8]! - 1) / 2));
}
