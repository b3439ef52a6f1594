// Owns how sure an alignment is: from the normal equations of the map's parameters to the corners' pixels. Pure.

import { slope } from "./homography";
import type { Lens } from "./lens";
import { inverseOf, type Mat3 } from "./linear";
import { CORNERS } from "./symbol";
import { PARAMETERS } from "./template";

/** What no model of ours explains (kernel, shading, print), in pixels a corner: the surest alignment is not surer. */
const FLOOR_PX = 0.01;

/**
 * The inverse covariance of the corners' eight pixel coordinates, 8 x 8, gain and bias eliminated; null where the symbol
 * does not determine them. `noise`: mean square of what is left, of the contrast; `share`: of samples that are independent.
 */
export function cornerInformation(
  map: Mat3, equations: Float64Array, noise: number, share: number, lens: Lens,
): Float64Array | null {
  const whole = inverseOf(equations, PARAMETERS);
  if (whole === null) return null;
  const rows = new Float64Array(64); // d corner / d parameter, pixels
  CORNERS.forEach(([u, v], n) => {
    const [xu, xv, yu, yv] = slope(map, [u, v]);
    const ways = [[u, 0], [v, 0], [1, 0], [0, u], [0, v], [0, 1], [-u * u, -u * v], [-v * u, -v * v]];
    ways.forEach(([du, dv], i) => {
      rows[(2 * n) * 8 + i] = lens.fx * (xu * du! + xv * dv!);
      rows[(2 * n + 1) * 8 + i] = lens.fy * (yu * du! + yv * dv!);
    });
  });
  const covariance = new Float64Array(64);
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 8; j++) {
      let sum = 0;
      for (let a = 0; a < 8; a++) for (let b = 0; b < 8; b++) sum += rows[i * 8 + a]! * whole[a * PARAMETERS + b]! * rows[j * 8 + b]!;
      covariance[i * 8 + j] = (sum * noise) / share + (i === j ? FLOOR_PX * FLOOR_PX : 0);
    }
  }
  return inverseOf(covariance, 8);
}

