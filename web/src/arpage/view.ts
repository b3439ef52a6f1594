// Owns which markers a camera sees from a pose, where in its picture, and which of them hold a pose best. Pure. Called by tracker.

import type { Lens, Point } from "../ar/lens";
import { cross, dot, plus, scaled, times, transposed } from "../ar/linear";
import type { Marker } from "../ar/markers";
import { drawn } from "../ar/overlay";
import type { Picture } from "../ar/picture";
import type { Pose } from "../ar/pose";

const LEAST_PX = 22; // a symbol's edge: below, a module is less than a pixel
const EDGE_PX = 4;

/** A marker and where it is in the picture, about; size: its shortest edge, pixels. */
export interface Sighting {
  readonly marker: Marker;
  readonly corners: readonly Point[];
  readonly size: number;
}

/** Where a camera there sees a marker; null: partly behind it. */
export function cornersOf(pose: Pose, lens: Lens, { places }: Marker): Point[] | null {
  const at = places.map((place) => drawn(pose, lens, place));
  return at.every((each): each is Point => each !== null) ? at : null;
}

/** Those of `known` that a camera there sees. */
export function inView(known: readonly Marker[], pose: Pose, lens: Lens, picture: Picture): Sighting[] {
  const seen: Sighting[] = [];
  const eye = scaled(times(transposed(pose.r), pose.t), -1);
  for (const marker of known) {
    const [tl, tr, , bl] = marker.places;
    const face = cross(plus(tr, scaled(tl, -1)), plus(tl, scaled(bl, -1)));
    if (dot(face, plus(eye, scaled(tl, -1))) <= 0) continue;
    const at = cornersOf(pose, lens, marker);
    if (!at?.every((each) => inside(each, picture))) continue;
    const size = sizeOf(at);
    if (size >= LEAST_PX) seen.push({ marker, corners: at, size });
  }
  return seen;
}

export function sizeOf(corners: readonly Point[]): number {
  return Math.min(...corners.map(([x, y], n) => Math.hypot(x - corners[(n + 1) % 4]![0], y - corners[(n + 1) % 4]![1])));
}

/** As many of them, the largest first and each next as far from the others as can be: tall and wide holds a pose best. */
export function apart(seen: readonly Sighting[], most: number): Sighting[] {
  const left = [...seen].sort((a, b) => b.size - a.size);
  const chosen = left.splice(0, 1);
  while (chosen.length < most && left.length > 0) {
    const room = left.map((each) => Math.min(...chosen.map((one) => Math.hypot(each.corners[0]![0] - one.corners[0]![0], each.corners[0]![1] - one.corners[0]![1]))));
    chosen.push(...left.splice(room.indexOf(Math.max(...room)), 1));
  }
  return chosen;
}

/** Well in the picture: what lies across its edge is blurred with what nobody sees. */
export function inside([x, y]: Point, { width, height }: Picture): boolean {
  return x > EDGE_PX && y > EDGE_PX && x < width - EDGE_PX && y < height - EDGE_PX;
}
