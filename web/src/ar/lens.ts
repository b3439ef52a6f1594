// Owns the camera: a pinhole with radial distortion, both ways. Pure. Pixels have their centre at whole coordinates, x right
// and y down; "ideal" points are on the plane one unit before the pinhole, undistorted.
//
//     ideal (x, y) --bend--> (x, y) * (1 + k1 r² + k2 r⁴) --f, c--> pixel

export interface Lens {
  /** Focal lengths in pixels. */
  readonly fx: number;
  readonly fy: number;
  /** The principal point. */
  readonly cx: number;
  readonly cy: number;
  readonly k1: number;
  readonly k2: number;
}

export type Point = readonly [number, number];

const ROUNDS = 12;
const ENOUGH = 1e-12;

/** Ideal point -> pixel. */
export function toPixel(lens: Lens, [x, y]: Point): Point {
  const r2 = x * x + y * y;
  const bend = 1 + r2 * (lens.k1 + r2 * lens.k2);
  return [lens.fx * x * bend + lens.cx, lens.fy * y * bend + lens.cy];
}

/** Pixel -> ideal point, by Newton's method on the radius. Beyond the radius where the lens folds back: what it finds there. */
export function toIdeal(lens: Lens, [u, v]: Point): Point {
  const x = (u - lens.cx) / lens.fx;
  const y = (v - lens.cy) / lens.fy;
  const bent = Math.sqrt(x * x + y * y);
  if (bent === 0 || (lens.k1 === 0 && lens.k2 === 0)) return [x, y];
  let r = bent;
  for (let n = 0; n < ROUNDS; n++) {
    const r2 = r * r;
    const slope = 1 + r2 * (3 * lens.k1 + 5 * r2 * lens.k2);
    const step = (r * (1 + r2 * (lens.k1 + r2 * lens.k2)) - bent) / (Math.abs(slope) < 0.1 ? 0.1 : slope);
    r -= step;
    if (Math.abs(step) < ENOUGH) break;
  }
  return [(x * r) / bent, (y * r) / bent];
}

/** The same lens with another focal length (a factor), k1 and k2: what a solver may adjust. */
export function adjusted(lens: Lens, focal: number, k1: number, k2 = lens.k2): Lens {
  return { ...lens, fx: lens.fx * focal, fy: lens.fy * focal, k1, k2 };
}
