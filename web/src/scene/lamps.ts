// Owns the small lamps: on every switch one a port, lit as the Pi on that port is (green and flashing with its reports,
// amber when it is late, dark when it is lost), and the ring in the roof. One draw call. Called by scene.

import { InstancedBufferAttribute, InstancedMesh, Matrix4, type ShaderMaterial } from "three";
import type { Layout, Triple } from "../layout";
import { LOOKS, linear } from "../palette";
import { STATUSES } from "../protocol.gen";
import type { State } from "../state";
import { lampShape } from "./shapes";

/** As the model draws a switch: its ports in two rows over nine tenths of its body. */
const [BODY, ROOM] = [0.915, 0.9];
const ROWS = [0.0152, -0.0163];
const LAMP: Triple = [0.0062, 0.0018, 0.0022];
/** Milliseconds that a port's lamp flashes after a report. */
const FLASH_MS = 300;
const REST = 0.42;
const COLD_WHITE: Triple = [1.25, 1.3, 1.45];
const GREEN: Triple = [0.08, 1.0, 0.28];

export class Lamps {
  readonly mesh: InstancedMesh;
  private readonly ports: Int32Array;
  private colours = portColours();
  private looks = LOOKS;

  constructor(layout: Layout, paint: ShaderMaterial) {
    const places = portPlaces(layout);
    this.ports = Int32Array.from(places, ({ slot }) => slot);
    const count = places.length + layout.lamps.id.length;
    this.mesh = new InstancedMesh(lampShape(), paint, count);
    this.mesh.instanceColor = new InstancedBufferAttribute(new Float32Array(3 * count), 3);
    this.mesh.frustumCulled = false;
    places.forEach(({ matrix }, at) => this.mesh.setMatrixAt(at, matrix));
    layout.lamps.position.forEach(([x, y, z], lamp) => {
      const [w, h, d] = layout.lamps.size[lamp]!;
      this.mesh.setMatrixAt(places.length + lamp, new Matrix4().makeScale(w * 1.05, h * 1.05, d * 1.05).setPosition(x, y, z));
    });
  }

  /** `light` 0..1 dims all: what is shown is not live. */
  update(state: State, now: number, light: number, still: boolean): void {
    if (this.looks !== LOOKS) [this.colours, this.looks] = [portColours(), LOOKS]; // another palette
    const out = this.mesh.instanceColor!.array as Float32Array;
    for (let at = 0; at < this.ports.length; at++) {
      const row = state.roster.rowAt(this.ports[at]!);
      const paint = row < 0 ? null : this.colours[state.statusAt(row, now)] ?? null;
      const bright = light * (paint === GREEN && (still || state.age(row, now) > FLASH_MS) ? REST : 1);
      out[3 * at] = paint ? paint[0] * bright : 0;
      out[3 * at + 1] = paint ? paint[1] * bright : 0;
      out[3 * at + 2] = paint ? paint[2] * bright : 0;
    }
    for (let at = 3 * this.ports.length; at < out.length; at++) out[at] = COLD_WHITE[at % 3]! * light;
    this.mesh.instanceColor!.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.dispose();
  }
}

/** Colour of a port's lamp by status; null = dark. */
function portColours(): (Triple | null)[] {
  return STATUSES.map((name) => {
    if (name === "online" || name === "busy") return GREEN;
    return name === "lost" || name === "unknown" ? null : (LOOKS[name].rgb.map(linear) as unknown as Triple);
  });
}

/** A lamp above or below each port that has a Pi. */
export function portPlaces({ slots, switches }: Layout): { slot: number; matrix: Matrix4 }[] {
  const ports = slots.port.reduce((most, port) => Math.max(most, port), 0);
  const columns = Math.ceil(ports / 2);
  const switchOf = new Map(switches.map((one) => [one.name, one]));
  const found: { slot: number; matrix: Matrix4 }[] = [];
  slots.switchIp.forEach((ip, slot) => {
    const { position, size, yaw } = switchOf.get(ip) ?? {};
    if (!position || !size || yaw === undefined) return;
    const at = slots.port[slot]! - 1;
    const room = size[0] * BODY * ROOM;
    const local: Triple = [-room / 2 + ((at >> 1) + 0.5) * (room / columns), ROWS[at % 2]!, size[2] / 2];
    const matrix = new Matrix4().makeRotationY(yaw).setPosition(...position);
    found.push({ slot, matrix: matrix.multiply(new Matrix4().makeTranslation(...local)).multiply(new Matrix4().makeScale(...LAMP)) });
  });
  return found;
}
