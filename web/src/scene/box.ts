// Owns the police box around the cluster: plinth, posts, panelled walls to the east and west, sign, roof and lamp. North
// and south stay open, for there the Pis are read. A cluster too low for a roof (a desk) gets a plinth only.
// Builds into the two masons it is given: what is lit by the room, and what shines by itself. Called by scenery.

import type { Layout, Triple } from "../layout";
import type { Mason, Patch } from "./mason";

const BLUE = 0x2760b4;
const DEEP = 0x1a478c;
const INK = 0x05080f;
const PANE = 0xfff1d6;
const GLASS = 0xffe2a6;
const WOOD = 0x2a3448;
/** Metres. */
const POST = 0.08;
const SIGN = 0.115;
const ROOF_FROM = 1.2;
const ONLY_FRONT = { right: 0, left: 0, top: 0, bottom: 0, back: 0 };
/** Between the lowest Pi of all and the plinth. */
const CLEAR = 0.03;

/** The box's outer edges in metres, roof and lamp apart. */
export interface Hull {
  readonly width: number;
  readonly depth: number;
  /** The plinth's top, under the lowest Pi, and the top of the highest rack. */
  readonly bottom: number;
  readonly top: number;
  readonly roofed: boolean;
  /** What there is to see, across and deep: the box, or on a desk the racks on it. */
  readonly racks: { readonly width: number; readonly depth: number };
  /** The middle of the lamp's glass; on a desk, somewhere above it. */
  readonly lamp: Triple;
}

export function hullOf(layout: Layout): Hull {
  const reach = (axis: 0 | 2): number =>
    2 * Math.max(0.1, ...layout.racks.map((rack) => Math.abs(rack.position[axis]) + rack.size[axis] / 2));
  const foot = Math.min(...layout.racks.map((rack) => rack.position[1] - rack.size[1] / 2));
  const top = Math.max(...layout.racks.map((rack) => rack.position[1] + rack.size[1] / 2));
  const lowest = layout.slots.position.reduce((low, [, y]) => Math.min(low, y), top) - layout.pi[1] / 2;
  const roofed = top - foot > ROOF_FROM;
  const lamp: Triple = [0, top + (roofed ? 0.01 + SIGN + 0.235 : 0.5), 0];
  return {
    width: Math.max(layout.size[0], reach(0) + 0.06),
    depth: Math.max(layout.size[2], reach(2) + 0.06),
    bottom: roofed ? Math.max(0.06, lowest - CLEAR) : foot,
    top,
    roofed,
    racks: { width: reach(0), depth: reach(2) },
    lamp,
  };
}

/** `sign` is where the sign's words are on the atlas. */
export function buildBox(solid: Mason, lit: Mason, hull: Hull, sign: Patch): void {
  solid.at([0, 0, 0]);
  lit.at([0, 0, 0]);
  if (!hull.roofed) return buildDesk(solid, hull);
  const { width, depth, bottom } = hull;
  solid.box([0, 0.035, 0], [width + 0.1, 0.07, depth + 0.1], DEEP, { shade: { top: 1.3 } });
  solid.box([0, bottom / 2, 0], [width, bottom, depth], BLUE);
  solid.box([0, bottom - 0.012, 0], [width + 0.03, 0.024, depth + 0.03], DEEP);
  buildPosts(solid, hull);
  for (const yaw of [Math.PI / 2, -Math.PI / 2]) buildWall(solid, lit, hull, yaw);
  buildSign(solid, lit, hull, sign);
  buildRoof(solid, lit, hull);
}

function buildDesk(solid: Mason, { width, depth, bottom }: Hull): void {
  solid.box([0, bottom - 0.015, 0], [width, 0.03, depth], WOOD);
  for (const x of [-1, 1]) {
    for (const z of [-1, 1]) {
      solid.box([x * (width / 2 - 0.04), bottom / 2 - 0.015, z * (depth / 2 - 0.04)], [0.04, bottom - 0.03, 0.04], WOOD);
    }
  }
}

/** A post at each corner, and one in the middle of the open sides, between the racks. */
function buildPosts(solid: Mason, { width, depth, bottom, top }: Hull): void {
  for (const z of [-1, 1]) {
    const at: Triple = [0, (bottom + top) / 2, z * (depth / 2 - POST / 2 - 0.01)];
    solid.box(at, [POST, top - bottom + 0.02, POST], BLUE);
    solid.box([0, at[1], at[2] + z * 0.008], [POST * 0.5, top - bottom, POST], DEEP);
  }
  for (const x of [-1, 1]) {
    for (const z of [-1, 1]) {
      const at: Triple = [x * (width / 2 - POST / 2), (bottom + top) / 2, z * (depth / 2 - POST / 2)];
      solid.box(at, [POST, top - bottom + 0.02, POST], BLUE);
      solid.box([at[0] + x * 0.008, at[1], at[2] + z * 0.008], [POST * 0.5, top - bottom, POST * 0.5], DEEP);
    }
  }
}

/** Two columns of four panels, the upper ones windows, as on every such box. */
function buildWall(solid: Mason, lit: Mason, hull: Hull, yaw: number): void {
  const out = hull.width / 2;
  const width = hull.depth - 2 * POST;
  const height = hull.top - hull.bottom;
  const origin: Triple = [Math.sin(yaw) * out, hull.bottom, 0];
  solid.at(origin, yaw).box([0, height / 2, -0.03], [width, height, 0.012], DEEP, { shade: { front: 0.8 } });
  for (const x of [-0.5, 0, 0.5]) solid.box([x * (width - 0.06), height / 2, -0.012], [0.06, height, 0.03], BLUE);
  for (let row = 0; row <= 4; row++) {
    solid.box([0, 0.035 + (row * (height - 0.07)) / 4, -0.012], [width, 0.07, 0.03], BLUE);
  }
  lit.at(origin, yaw);
  for (const side of [-1, 1]) buildWindow(solid, lit, [side * (width / 4 - 0.007), height * 0.875 - 0.01, -0.02], width / 2 - 0.1, height / 4 - 0.1);
  solid.at([0, 0, 0]);
  lit.at([0, 0, 0]);
}

function buildWindow(solid: Mason, lit: Mason, at: Triple, width: number, height: number): void {
  lit.box(at, [width, height, 0.004], PANE, { shade: { front: 0.6, back: 0 } });
  for (const x of [-1, 1]) solid.box([at[0] + (x * width) / 6, at[1], at[2] + 0.006], [0.012, height, 0.014], BLUE);
  solid.box([at[0], at[1], at[2] + 0.006], [width, 0.012, 0.014], BLUE);
}

function buildSign(solid: Mason, lit: Mason, { width, depth, top }: Hull, sign: Patch): void {
  const y = top + 0.01 + SIGN / 2;
  solid.box([0, y, 0], [width - 0.01, SIGN, depth - 0.01], BLUE);
  for (let turn = 0; turn < 4; turn++) {
    const [yaw, across, out] = [(turn * Math.PI) / 2, turn % 2 ? depth : width, (turn % 2 ? width : depth) / 2];
    solid.at([0, y, 0], yaw).box([0, 0, out - 0.004], [across * 0.88, SIGN * 0.86, 0.02], INK);
    lit.at([0, y, 0], yaw).box([0, 0, out + 0.007], [across * 0.86, SIGN * 0.8, 0.002], 0xffffff, { patch: sign, shade: ONLY_FRONT });
  }
  solid.at([0, 0, 0]);
  lit.at([0, 0, 0]);
}

function buildRoof(solid: Mason, lit: Mason, { width, depth, top, lamp }: Hull): void {
  const y = top + 0.01 + SIGN;
  solid.box([0, y + 0.015, 0], [width + 0.06, 0.03, depth + 0.06], BLUE);
  solid.box([0, y + 0.05, 0], [width - 0.1, 0.04, depth - 0.1], DEEP);
  solid.box([0, y + 0.09, 0], [width - 0.24, 0.04, depth - 0.24], BLUE);
  solid.hip([0, y + 0.11, 0], [width - 0.26, 0.05, depth - 0.26], 0.14, DEEP);
  solid.box([0, lamp[1] - 0.075, 0], [0.14, 0.03, 0.14], BLUE);
  solid.box([0, lamp[1] + 0.068, 0], [0.12, 0.016, 0.12], BLUE);
  solid.hip([0, lamp[1] + 0.076, 0], [0.12, 0.045, 0.12], 0.1, DEEP);
  for (const x of [-0.046, 0.046]) for (const z of [-0.046, 0.046]) solid.box([x, lamp[1], z], [0.01, 0.14, 0.01], BLUE);
  lit.box(lamp, [0.08, 0.12, 0.08], GLASS);
}
