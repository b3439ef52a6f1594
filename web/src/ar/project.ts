// Owns where a lens sees a point of the camera's space, and how that pixel moves with whatever may give way. Pure. Used by refine
// and equations.

import type { Lens, Point } from "./lens";
import type { Vec3 } from "./linear";

/** A point in the picture with its slopes. */
export interface Projected {
  /** Pixels from the lens's middle: also how the pixel moves with the logarithm of the focal length. */
  readonly at: Point;
  /** How it moves with k1 and k2. */
  readonly k1: Point;
  readonly k2: Point;
  /** Ideal point and depth. */
  readonly x: number;
  readonly y: number;
  readonly depth: number;
  /** How it moves with the ideal point: du/dx, du/dy, dv/dx, dv/dy. */
  readonly slopes: readonly [number, number, number, number];
}

/** Null: behind the camera. */
export function project({ fx, fy, k1, k2 }: Lens, [X, Y, Z]: Vec3): Projected | null {
  if (!(Z > 1e-6)) return null;
  const [x, y] = [X / Z, Y / Z];
  const r2 = x * x + y * y;
  const bend = 1 + r2 * (k1 + r2 * k2);
  const more = 2 * (k1 + 2 * r2 * k2);
  return {
    at: [fx * x * bend, fy * y * bend],
    k1: [fx * x * r2, fy * y * r2],
    k2: [fx * x * r2 * r2, fy * y * r2 * r2],
    x, y, depth: Z,
    slopes: [fx * (bend + x * x * more), fx * x * y * more, fy * x * y * more, fy * (bend + y * y * more)],
  };
}

/** How the pixel moves when the point moves that way. */
export function along({ x, y, depth, slopes: [ux, uy, vx, vy] }: Projected, [dX, dY, dZ]: Vec3): Point {
  const dx = (dX - x * dZ) / depth;
  const dy = (dY - y * dZ) / depth;
  return [ux * dx + uy * dy, vx * dx + vy * dy];
}

/** How a point moves when turned about each axis. */
export function turning([a, b, c]: Vec3): readonly Vec3[] {
  return [[0, -c, b], [c, 0, -a], [-b, a, 0]];
}

/** The same, and when moved along each. */
export function rigid(point: Vec3): readonly Vec3[] {
  return [...turning(point), [1, 0, 0], [0, 1, 0], [0, 0, 1]];
}
