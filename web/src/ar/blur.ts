// Owns finding how blurred a picture is where a marker is: the template that leaves the least, along each axis. Pure.
// Called by align; blurs are steps of template.ts.

import { slope } from "./homography";
import { Level } from "./level";
import type { Lens } from "./lens";
import type { Mat3 } from "./linear";
import type { Patch } from "./patch";
import { stepOf, type Templates } from "./template";

/** Along u and v. */
export type Steps = readonly [number, number];

const FIRST_PX = 0.7; // where the search begins
const LEAST = -12; // steps: a sixteenth of a module
const MOST = 4;

/** The blur from scratch, the same along both axes. The patch is what was sampled. */
export function blurOfPatch(map: Mat3, patch: Patch, templates: Templates, lens: Lens): Steps {
  const [pu, pv] = pixelsAModule(map, lens, templates.symbol.modules);
  return climb(patch, templates, [stepOf(FIRST_PX / pu), stepOf(FIRST_PX / pv)], null, [[2, 2], [-2, -2], [1, 1], [-1, -1]]);
}

/** Whether it still is that, about: else what fits and what does not cannot be told with it. */
export function sameBlur(patch: Patch, templates: Templates, before: Steps): boolean {
  const [u, v] = climb(patch, templates, before, null, [[1, 1], [-1, -1], [1, 0], [-1, 0], [0, 1], [0, -1]]);
  return Math.abs(u - before[0]) <= 1 && Math.abs(v - before[1]) <= 1;
}

/** The same again from nearby, each axis for itself: motion blurs one more than the other. */
export function settle(patch: Patch, templates: Templates, from: Steps, weight: Float32Array): Steps {
  return climb(patch, templates, from, weight, [[1, 0], [-1, 0], [0, 1], [0, -1]]);
}

function climb(patch: Patch, templates: Templates, from: Steps, weight: Float32Array | null, moves: readonly Steps[]): Steps {
  const within = (step: number): number => Math.min(Math.max(step, LEAST), MOST);
  let [u, v] = [within(from[0]), within(from[1])];
  let best = left(patch, templates.value(u, v), weight).left;
  for (const [du, dv] of moves) {
    for (;;) {
      const [nu, nv] = [within(u + du), within(v + dv)];
      if (nu === u && nv === v) break;
      const next = left(patch, templates.value(nu, nv), weight).left;
      if (!(next < best)) break;
      [u, v, best] = [nu, nv, next];
    }
  }
  return [u, v];
}

/** How the whole grid compares with a template's brightness. */
export function left(patch: Patch, value: Float32Array, weight: Float32Array | null): Level {
  const level = new Level();
  for (let n = 0; n < value.length; n++) {
    const seen = patch.value[n]!;
    if (!Number.isNaN(seen)) level.add(value[n]!, seen, weight === null ? 1 : weight[n]!);
  }
  return level;
}

/** How many pixels a module is long, for a blur that is round in the picture. */
export function pixelsAModule(map: Mat3, lens: Lens, modules: number): readonly [number, number] {
  const [xu, xv, yu, yv] = slope(map, [0, 0]);
  const uu = (xu * lens.fx) ** 2 + (yu * lens.fy) ** 2;
  const vv = (xv * lens.fx) ** 2 + (yv * lens.fy) ** 2;
  const uv = xu * xv * lens.fx ** 2 + yu * yv * lens.fy ** 2;
  const det = Math.max(uu * vv - uv * uv, 1e-12);
  // A round blur in the picture is this long along u and v of the symbol: the roots of the inverse's diagonal.
  return [Math.sqrt(det / vv) / modules, Math.sqrt(det / uu) / modules];
}
