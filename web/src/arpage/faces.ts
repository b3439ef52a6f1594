// Owns where each Pi's face lies in a picture: its four corners through a pose and a lens. Pure. Read by overlay.

import type { Lens, Point } from "../ar/lens";
import { dot, plus, scaled, times, transposed, type Vec3 } from "../ar/linear";
import { drawn } from "../ar/overlay";
import type { Pose } from "../ar/pose";
import type { Layout } from "../layout";

export interface Face {
  readonly slot: number;
  readonly middle: Vec3;
  readonly normal: Vec3;
  readonly corners: readonly Vec3[];
}

export interface Quad {
  readonly face: Face;
  readonly corners: readonly Point[];
}

/** The front of every slot's Pi: what one sees who stands before its rack. */
export function facesOf({ slots, pi }: Layout): Face[] {
  return slots.position.map(([x, y, z], slot) => {
    const [c, s] = [Math.cos(slots.yaw[slot]!), Math.sin(slots.yaw[slot]!)];
    const normal: Vec3 = [s, 0, c];
    const middle: Vec3 = [x + (s * pi[2]) / 2, y, z + (c * pi[2]) / 2];
    const corners = ([[-1, 1], [1, 1], [1, -1], [-1, -1]] as const).map(([right, up]): Vec3 =>
      [middle[0] + (right * c * pi[0]) / 2, y + (up * pi[1]) / 2, middle[2] - (right * s * pi[0]) / 2]);
    return { slot, middle, normal, corners };
  });
}

/** The faces that a camera there sees, within the picture at least in part; those far away first. */
export function quadsOf(faces: readonly Face[], pose: Pose, lens: Lens, width: number, height: number): Quad[] {
  const eye = scaled(times(transposed(pose.r), pose.t), -1);
  const found: { quad: Quad; far: number }[] = [];
  for (const face of faces) {
    const way = plus(eye, scaled(face.middle, -1));
    if (dot(face.normal, way) <= 0) continue;
    const corners = face.corners.map((corner) => drawn(pose, lens, corner));
    if (!corners.every((each): each is Point => each !== null)) continue;
    if (!corners.some(([x, y]) => x >= 0 && y >= 0 && x < width && y < height)) continue;
    found.push({ quad: { face, corners }, far: dot(way, way) });
  }
  return found.sort((a, b) => b.far - a.far).map(({ quad }) => quad);
}

/** The quad under a point, the nearest to the camera first; without one, that whose middle is next to it within `reach` pixels. */
export function quadAt(quads: readonly Quad[], [x, y]: Point, reach = 0): Quad | null {
  for (let n = quads.length - 1; n >= 0; n--) if (holds(quads[n]!.corners, x, y)) return quads[n]!;
  let [found, least]: [Quad | null, number] = [null, reach];
  for (const quad of quads) {
    const [u, v] = [0, 1].map((k) => quad.corners.reduce((sum, corner) => sum + corner[k]!, 0) / quad.corners.length) as [number, number];
    const far = Math.hypot(u - x, v - y);
    if (far < least) [found, least] = [quad, far];
  }
  return found;
}

/** A few faces that lie apart in the picture: where an overlay's error shows most. */
export function spread(quads: readonly Quad[], width: number, height: number): Face[] {
  const apart: readonly Point[] = [[0, 0], [width, 0], [width, height], [0, height], [width / 2, height / 2]];
  const near = ([x, y]: Point, quad: Quad): number => Math.hypot(quad.corners[0]![0] - x, quad.corners[0]![1] - y);
  return quads.length === 0 ? [] : [...new Set(apart.map((at) => quads.reduce((best, quad) => (near(at, quad) < near(at, best) ? quad : best)).face))];
}

function holds(corners: readonly Point[], x: number, y: number): boolean {
  let sign = 0;
  return corners.every(([ax, ay], n) => {
    const [bx, by] = corners[(n + 1) % corners.length]!;
    const side = Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));
    sign ||= side;
    return side === 0 || side === sign;
  });
}
