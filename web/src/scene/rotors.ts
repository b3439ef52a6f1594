// Owns the turning of the fans: one draw call, each fan as fast as what it cools is warm. The shader turns them; here a
// fan's speed is written only when it changes, with the angle that keeps it from jumping. Called by scene.

import { InstancedBufferAttribute, InstancedMesh, type BufferGeometry, type ShaderMaterial } from "three";
import type { Layout } from "../layout";
import { STATUSES } from "../protocol.gen";
import type { State } from "../state";
import { fanMatrix } from "./worn";

/** A fan stands still below `cold` °C and is fastest from `hot` on. */
const [COLD, HOT] = [28, 75];
/** Radians a second: slower than real ones, which the eye would not see turn. */
const FASTEST = 14;
/** Radians a second: speeds nearer to each other are the same. */
const STEP = 0.5;
/** A fan cools as many boards on each side of its own. */
const REACH = 2;
const LOST = STATUSES.indexOf("lost");

/** Radians a second at a temperature; NaN, nobody to cool, stands still. */
export function speedAt(celsius: number): number {
  if (Number.isNaN(celsius)) return 0;
  const share = Math.min(1, Math.max(0, (celsius - COLD) / (HOT - COLD)));
  return Math.round((share * FASTEST) / STEP) * STEP;
}

export class Rotors {
  readonly mesh: InstancedMesh;
  private readonly turning: InstancedBufferAttribute;
  /** The slots that each fan cools; none = all of them. */
  private readonly cools: readonly (readonly number[])[];

  /** `shape` turns about z in a cube of edge 1. Disposes of it in the end. */
  constructor(layout: Layout, shape: BufferGeometry, paint: ShaderMaterial) {
    const fans = layout.fans.id.length;
    this.turning = new InstancedBufferAttribute(new Float32Array(2 * fans), 2);
    shape.setAttribute("turning", this.turning);
    this.mesh = new InstancedMesh(shape, paint, fans);
    this.mesh.frustumCulled = false;
    for (let fan = 0; fan < fans; fan++) {
      this.mesh.setMatrixAt(fan, fanMatrix(layout, fan));
      this.turning.setX(fan, (fan * 2.4) % (2 * Math.PI)); // so that no two stand alike
    }
    this.cools = cooled(layout);
  }

  /** Speeds that follow the temperatures, from `time` (seconds) on. True = one changed. */
  update(state: State, time: number, now: number): boolean {
    let changed = false;
    const all = this.warmest(state, null, now);
    this.cools.forEach((slots, fan) => {
      const speed = speedAt(slots.length > 0 ? this.warmest(state, slots, now) : all);
      const was = this.turning.getY(fan);
      if (speed === was) return;
      this.turning.setXY(fan, (this.turning.getX(fan) + (was - speed) * time) % (2 * Math.PI), speed);
      changed = true;
    });
    if (changed) this.turning.needsUpdate = true;
    return changed;
  }

  /** The clock is set back by so many seconds; every fan stays as it stands. */
  rebase(seconds: number): void {
    for (let fan = 0; fan < this.cools.length; fan++) {
      this.turning.setX(fan, (this.turning.getX(fan) + this.turning.getY(fan) * seconds) % (2 * Math.PI));
    }
    this.turning.needsUpdate = true;
  }

  speed(fan: number): number {
    return this.turning.getY(fan);
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.dispose();
  }

  private warmest(state: State, slots: readonly number[] | null, now: number): number {
    let most = NaN;
    const rows = slots ? slots.length : state.size;
    for (let i = 0; i < rows; i++) {
      const row = slots ? state.roster.rowAt(slots[i]!) : i;
      if (row < 0 || state.statusAt(row, now) === LOST) continue;
      const warm = state.temperature[row]!;
      if (!(warm <= most)) most = Number.isNaN(warm) ? most : warm;
    }
    return most;
  }
}

/** Slots are numbered along their shelf, so a slot's neighbours are its board's. */
function cooled({ fans, slots }: Layout): number[][] {
  const slotOf = new Map(slots.id.map((id, slot) => [id, slot]));
  return fans.of.map((of) => {
    const own = slotOf.get(of);
    if (own === undefined) return [];
    const near = Array.from({ length: 2 * REACH + 1 }, (_, i) => own - REACH + i);
    return near.filter((slot) => slots.shelf[slot] === slots.shelf[own]);
  });
}
