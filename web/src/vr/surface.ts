// Owns the rule by which the cluster is put down in one's own room: life size on the floor, table-top on anything higher, nowhere
// on a wall; its south side looks at whoever puts it there. Pure. Used by ownroom.

import { rotated, type Pose } from "./anchored";
import type { Point, Rig } from "./rig";

export const SIZES = { life: 1, table: 0.25 } as const;
export type Size = keyof typeof SIZES;

/** Metres above the floor from which a surface is a table: lower than a chair, higher than the error of a guessed floor. */
const TABLE_FROM = 0.35;
/** Of a normal of length 1: what leans more than 37 degrees is no place to stand on. */
const LEVEL = 0.8;
/** Metres below the eyes where the floor is thought to be until something lower is seen: who sits is not much lower. */
const EYES = 1.5;
/** Metres that a ray may go to the floor. */
const FARTHEST = 8;

/** Where the floor is: what the device says, or the lowest level thing that was met. */
export class Floor {
  y = 0;

  /** `known`: the device counts heights from the floor; else from where the head was. */
  begin(known: boolean, headY: number): void {
    this.y = known ? 0 : headY - EYES;
  }

  met(y: number): void {
    this.y = Math.min(this.y, y);
  }

  /** The size that belongs to a surface of that height. */
  sizeOn(y: number): Size {
    return y - this.y > TABLE_FROM ? "table" : "life";
  }
}

/** A surface's own y axis is its normal: is it level enough to stand on? */
export function level({ orientation }: Pose): boolean {
  return rotated(orientation, { x: 0, y: 1, z: 0 }).y >= LEVEL;
}

/** Where a ray meets the floor; null when it does not, or too far away. `direction` of length 1. */
export function onFloor(from: Readonly<Point>, direction: Readonly<Point>, floorY: number): Point | null {
  if (direction.y > -1e-3) return null;
  const along = (floorY - from.y) / direction.y;
  if (along <= 0 || along > FARTHEST) return null;
  return { x: from.x + direction.x * along, y: floorY, z: from.z + direction.z * along };
}

/** Stands the cluster at a point with its south side towards the head. */
export function stand(rig: Rig, at: Readonly<Point>, size: Size, head: Readonly<Point>): void {
  rig.yaw = Math.atan2(head.x - at.x, head.z - at.z);
  rig.set(at, SIZES[size]);
}

/** Another size where it stands: life size belongs on the floor, also when it was on a table. */
export function resize(rig: Rig, size: Size, floorY: number): void {
  rig.scale = SIZES[size];
  if (size === "life") rig.y = floorY;
}
