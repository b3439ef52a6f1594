// Owns which Pi a hand means: the one whose front face its ray meets first, or the one whose front it touches. Fronts, not
// boards: boards stand 20 mm apart and are 85 mm deep, so that a slanted ray would go into a neighbour's side. Pure; it
// walks all places once (1050 in some 20 us) and allocates nothing. Everything in the model's metres.

import type { State } from "../state";
import { SUNK, DRAWN_OUT } from "../scene/nodes";
import type { Place, Places } from "../scene/place";
import { STATUSES } from "../protocol.gen";
import type { Point } from "./rig";

/** What a ray met. `row` -1: nobody. `along`: metres from its origin. */
export interface Aimed {
  row: number;
  along: number;
}

const LOST = STATUSES.indexOf("lost");
/** Metres: a finger this near to a front touches it. */
export const TOUCH = 0.03;

export class Aim {
  private readonly places: Places;
  private readonly place: Place = { x: 0, y: 0, z: 0, yaw: 0 };

  constructor(places: Places) {
    this.places = places;
  }

  /** `direction` of length 1. `selected` stands out of its shelf; lost ones have sunk into it. Columns are pitched more
   * widely than boards are thick: `slack` widens each face so that there is no gap between neighbours to fall into. */
  ray(state: State, from: Readonly<Point>, direction: Readonly<Point>, selected: number, slack: number, out: Aimed): Aimed {
    const [width, height, depth] = this.places.layout.pi;
    out.row = -1;
    out.along = Infinity;
    for (let row = 0; row < state.size; row++) {
      if (!this.places.of(state, row, this.place)) continue;
      const { x, y, z, yaw } = this.place;
      const [nx, nz] = [Math.sin(yaw), Math.cos(yaw)];
      const facing = direction.x * nx + direction.z * nz;
      if (facing >= -1e-6) continue; // from behind or along it: its front cannot be seen
      const front = depth / 2 + (row === selected ? DRAWN_OUT : state.status[row] === LOST ? SUNK : 0);
      const along = ((x + nx * front - from.x) * nx + (z + nz * front - from.z) * nz) / facing;
      if (along <= 0 || along >= out.along) continue;
      const up = from.y + direction.y * along - y;
      const side = (from.x + direction.x * along - x) * nz - (from.z + direction.z * along - z) * nx;
      if (Math.abs(up) > height / 2 || Math.abs(side) > width / 2 + slack) continue;
      out.row = row;
      out.along = along;
    }
    return out;
  }

  /** The row whose front is nearest to a fingertip, within TOUCH; -1 = none. */
  touch(state: State, tip: Readonly<Point>, selected: number): number {
    const [width, height, depth] = this.places.layout.pi;
    let [best, found] = [TOUCH, -1];
    for (let row = 0; row < state.size; row++) {
      if (!this.places.of(state, row, this.place)) continue;
      const { x, y, z, yaw } = this.place;
      const [nx, nz] = [Math.sin(yaw), Math.cos(yaw)];
      const front = depth / 2 + (row === selected ? DRAWN_OUT : state.status[row] === LOST ? SUNK : 0);
      const out = Math.abs((tip.x - x) * nx + (tip.z - z) * nz - front);
      const side = Math.max(0, Math.abs((tip.x - x) * nz - (tip.z - z) * nx) - width / 2);
      const up = Math.max(0, Math.abs(tip.y - y) - height / 2);
      const away = Math.hypot(out, side, up);
      if (away < best) [best, found] = [away, row];
    }
    return found;
  }
}
