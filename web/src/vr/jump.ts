// Owns the teleport: the arc that a hand throws, and whether one may stand where it lands. Pure; room metres. One lands
// anywhere on the floor that is near enough and not inside the racks.

import type { Point, Rig } from "./rig";

/** Metres a second, and metres a second squared: reaches some 6 m when thrown at 45 degrees. */
const SPEED = 7.2;
const GRAVITY = 9.81;
/** Points of the arc that is drawn. */
export const ARC_POINTS = 24;
/** Metres one may jump, and that stay free between a visitor and the racks. */
const FARTHEST = 8;
const BODY = 0.25;

export interface Footprint {
  /** Half of the racks' width and depth, metres of the model. */
  readonly x: number;
  readonly z: number;
}

export interface Landing {
  readonly at: Point;
  good: boolean;
}

/** Where a throw from `hand` along `direction` (length 1) meets the floor. Writes the arc into `arc` (3 x ARC_POINTS). */
export function jump(hand: Readonly<Point>, direction: Readonly<Point>, arc: Float32Array, out: Landing): Landing {
  const up = SPEED * direction.y;
  const high = Math.max(0, hand.y);
  const time = (up + Math.sqrt(up * up + 2 * GRAVITY * high)) / GRAVITY;
  for (let i = 0; i < ARC_POINTS; i++) {
    const t = (time * i) / (ARC_POINTS - 1);
    arc[3 * i] = hand.x + SPEED * direction.x * t;
    arc[3 * i + 1] = hand.y + up * t - 0.5 * GRAVITY * t * t;
    arc[3 * i + 2] = hand.z + SPEED * direction.z * t;
  }
  out.at.x = hand.x + SPEED * direction.x * time;
  out.at.y = 0;
  out.at.z = hand.z + SPEED * direction.z * time;
  out.good = Math.hypot(out.at.x - hand.x, out.at.z - hand.z) <= FARTHEST;
  return out;
}

/** One cannot stand inside the cluster; a small one on a table is no obstacle. */
export function free(at: Readonly<Point>, rig: Rig, racks: Footprint): boolean {
  if (!rig.trueSize) return true;
  const inside = rig.toModel(at, { x: 0, y: 0, z: 0 });
  return Math.abs(inside.x) > racks.x + BODY || Math.abs(inside.z) > racks.z + BODY;
}
