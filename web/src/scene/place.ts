// Owns where a row stands: its slot of the model, or the holding area beside the box. Pure (no three): it writes 4x4
// matrices, column by column, into the buffer it is given. Called by nodes, marks, highlight and camera.

import type { Layout } from "../layout";
import type { State } from "../state";

/** A place in metres, and which way its front looks. */
export interface Place {
  x: number;
  y: number;
  z: number;
  yaw: number;
}

const ACROSS = 12;
const HIGH = 6;
const PITCH = { x: 0.036, y: 0.088, z: 0.2 };
/** From the box's east face to the holding area. */
const GAP = 0.5;

export class Places {
  readonly layout: Layout;
  private readonly holding = new Map<number, number>();

  constructor(layout: Layout) {
    this.layout = layout;
  }

  /** How many nodes nobody has placed. */
  get unplaced(): number {
    return this.holding.size;
  }

  /** Who stands in the holding area, in row order. Call it when the roster changed. */
  seat(state: State): void {
    this.holding.clear();
    for (let row = 0; row < state.size; row++) {
      if (state.roster.known(row) && !this.placed(state, row)) this.holding.set(row, this.holding.size);
    }
  }

  /** Writes the row's place into `out`; false = the row is nobody. */
  of(state: State, row: number, out: Place): boolean {
    if (!state.roster.known(row)) return false;
    const slot = state.roster.slot[row]!;
    if (!this.placed(state, row)) {
      holdingPlace(this.layout, this.holding.get(row) ?? 0, out);
      return true;
    }
    const at = this.layout.slots.position[slot]!;
    out.x = at[0];
    out.y = at[1];
    out.z = at[2];
    out.yaw = this.layout.slots.yaw[slot]!;
    return true;
  }

  private placed(state: State, row: number): boolean {
    const slot = state.roster.slot[row]!;
    return slot >= 0 && slot < this.layout.slots.id.length;
  }
}

/** Left to right, then up, then backwards; all look south. */
export function holdingPlace(layout: Layout, index: number, out: Place): void {
  const across = index % ACROSS;
  const up = Math.floor(index / ACROSS) % HIGH;
  const back = Math.floor(index / (ACROSS * HIGH));
  out.x = layout.size[0] / 2 + GAP + PITCH.x * (across + 0.5);
  out.y = HOLDING_TOP + layout.pi[1] / 2 + PITCH.y * up;
  out.z = layout.size[2] / 4 - PITCH.z * back;
  out.yaw = 0;
}

/** Height of the stand that unplaced nodes stand on, and its extent. */
export const HOLDING_TOP = 0.42;

export function holdingExtent(layout: Layout, count: number): { x: number; z: number; width: number; depth: number; high: number } {
  const back = Math.max(1, Math.ceil(count / (ACROSS * HIGH)));
  const width = PITCH.x * ACROSS;
  const depth = PITCH.z * (back - 1) + layout.pi[2];
  return {
    x: layout.size[0] / 2 + GAP + width / 2,
    z: layout.size[2] / 4 - (PITCH.z * (back - 1)) / 2,
    width,
    depth,
    high: PITCH.y * Math.min(HIGH, Math.ceil(count / ACROSS)),
  };
}

/** A matrix that turns by yaw, scales, and moves to the place, `forward` metres out of its front. */
export function writeMatrix(out: Float32Array, at: number, place: Place, scale: readonly number[], forward: number): void {
  const [c, s] = [Math.cos(place.yaw), Math.sin(place.yaw)];
  const [sx, sy, sz] = [scale[0]!, scale[1]!, scale[2]!];
  out[at] = c * sx;
  out[at + 2] = -s * sx;
  out[at + 5] = sy;
  out[at + 8] = s * sz;
  out[at + 10] = c * sz;
  out[at + 12] = place.x + s * forward;
  out[at + 13] = place.y;
  out[at + 14] = place.z + c * forward;
  out[at + 15] = 1;
  out[at + 1] = out[at + 3] = out[at + 4] = out[at + 6] = out[at + 7] = out[at + 9] = out[at + 11] = 0;
}

/** The point `forward` out of a place's front, `up` above its middle, `right` as one sees who looks at it. */
export function writePoint<P extends { set(x: number, y: number, z: number): P }>(out: P, place: Place, forward: number, up: number, right = 0): P {
  const [c, s] = [Math.cos(place.yaw), Math.sin(place.yaw)];
  return out.set(place.x + s * forward + c * right, place.y + up, place.z + c * forward - s * right);
}
