// Owns what a person sees of an error: how many millimetres beside its Pi a dot lies on the face of the rack. Pure.
// `miss` compares with a truth (tests, a survey); `expected` is the estimate that a viewer shows.

import { adjusted, toIdeal, toPixel, type Lens } from "./lens";
import { dot, multiply, plus, rotation, scaled, times, transposed, type Vec3 } from "./linear";
import type { Pose, Solution } from "./pose";
import { PARAMETERS } from "./refine";

/** Where a point is drawn, in pixels; null behind the camera. */
export function drawn(pose: Pose, lens: Lens, point: Vec3): readonly [number, number] | null {
  const [x, y, z] = plus(times(pose.r, point), pose.t);
  return z > 1e-6 ? toPixel(lens, [x / z, y / z]) : null;
}

/**
 * Where on the face (the plane through `point` with this normal) the dot of `point` lies when it is drawn with one pose
 * and lens and the picture was taken with others: metres from where it should be. Null where it cannot be seen.
 */
export function miss(pose: Pose, lens: Lens, truth: Pose, trueLens: Lens, point: Vec3, normal: Vec3): Vec3 | null {
  const pixel = drawn(pose, lens, point);
  if (pixel === null) return null;
  const [x, y] = toIdeal(trueLens, pixel);
  const back = transposed(truth.r);
  const eye = scaled(times(back, truth.t), -1);
  const ray = times(back, [x, y, 1]);
  const along = dot(normal, ray);
  if (Math.abs(along) < 1e-9) return null;
  const far = dot(normal, plus(point, scaled(eye, -1))) / along;
  if (!(far > 0)) return null;
  return plus(plus(eye, scaled(ray, far)), scaled(point, -1));
}

const STEP = 1e-5; // of each parameter, for slopes

/**
 * The overlay error to expect on the face, metres (one standard deviation of the distance, the worst of `points`).
 * It knows what the pictures' noise and the beliefs about lens and stickers do, not what nobody said.
 */
export function expected(solution: Solution, points: readonly Vec3[], normal: Vec3): number {
  const { pose, lens, covariance } = solution;
  const trust = Math.max(solution.misfit, 1); // what fits worse than believed is believed less
  let worst = 0;
  for (const point of points) {
    const slopes: Vec3[] = [];
    for (let n = 0; n < PARAMETERS; n++) {
      const change = new Array<number>(PARAMETERS).fill(0);
      change[n] = STEP;
      const [a, b, c, d, e, f, focal, k1, k2] = change as [number, number, number, number, number, number, number, number, number];
      const moved: Pose = { r: multiply(rotation([a, b, c]), pose.r), t: plus(pose.t, [d, e, f]) };
      const off = miss(moved, adjusted(lens, Math.exp(focal), lens.k1 + k1, lens.k2 + k2), pose, lens, point, normal);
      if (off === null) return Infinity;
      slopes.push(scaled(off, 1 / STEP));
    }
    let sum = 0;
    for (let i = 0; i < PARAMETERS; i++) for (let j = 0; j < PARAMETERS; j++) sum += covariance[i * PARAMETERS + j]! * dot(slopes[i]!, slopes[j]!);
    worst = Math.max(worst, Math.sqrt(sum * trust));
  }
  return worst;
}
