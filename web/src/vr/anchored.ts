// Owns the arithmetic of an anchor: how the cluster stands relative to a pose that the device keeps true to the room, and where it
// stands when that pose is corrected. Pure: numbers in, numbers out. Used by anchorage.
//
//   place in the room = anchor pose * offset        the offset is rigid: size is the rig's own

import type { Point, Rig } from "./rig";

export interface Turn extends Point {
  w: number;
}

/** As WebXR gives it: metres and a quaternion of length 1, in the room. */
export interface Pose {
  readonly position: Readonly<Point>;
  readonly orientation: Readonly<Turn>;
}

/** Of the cluster in the anchor's own axes. */
export interface Offset {
  readonly position: Readonly<Point>;
  readonly orientation: Readonly<Turn>;
}

/** How a cluster that stands so is seen from the anchor. */
export function offsetFrom(anchor: Pose, rig: Readonly<Rig>): Offset {
  const back = conjugate(anchor.orientation);
  const { x, y, z } = anchor.position;
  return {
    position: rotated(back, { x: rig.x - x, y: rig.y - y, z: rig.z - z }),
    orientation: product(back, { x: 0, y: Math.sin(rig.yaw / 2), z: 0, w: Math.cos(rig.yaw / 2) }),
  };
}

/** The cluster goes where the anchor is now. It stays upright: of a correction that tilts, only the turn is taken. */
export function follow(anchor: Pose, offset: Offset, rig: Rig): void {
  const at = rotated(anchor.orientation, offset.position);
  rig.x = anchor.position.x + at.x;
  rig.y = anchor.position.y + at.y;
  rig.z = anchor.position.z + at.z;
  const front = rotated(product(anchor.orientation, offset.orientation), { x: 0, y: 0, z: 1 });
  rig.yaw = Math.atan2(front.x, front.z);
}

/** A vector turned by a quaternion of length 1. */
export function rotated({ x, y, z, w }: Readonly<Turn>, v: Readonly<Point>): Point {
  const [a, b, c] = [2 * (y * v.z - z * v.y), 2 * (z * v.x - x * v.z), 2 * (x * v.y - y * v.x)];
  return { x: v.x + w * a + y * c - z * b, y: v.y + w * b + z * a - x * c, z: v.z + w * c + x * b - y * a };
}

function conjugate({ x, y, z, w }: Readonly<Turn>): Turn {
  return { x: -x, y: -y, z: -z, w };
}

function product(a: Readonly<Turn>, b: Readonly<Turn>): Turn {
  return {
    x: a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
    y: a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
    z: a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
    w: a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
  };
}
