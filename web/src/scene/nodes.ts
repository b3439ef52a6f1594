// Owns the Pis on the screen: one instanced mesh for all of them, coloured from one buffer, and the two meshes that
// share its matrices (light and glow). Instance = row, so a pick's instanceId is the row.
// Reads state and the palette; called by scene. Nothing is allocated while drawing.

import { InstancedBufferAttribute, InstancedMesh, MeshBasicMaterial, Object3D, type Texture } from "three";
import { paint, type View } from "../paint";
import { linear } from "../palette";
import { STATUSES } from "../protocol.gen";
import type { State } from "../state";
import { ADDED } from "./glow";
import { writeMatrix, type Place, type Places } from "./place";
import { glowShape, ledShape, piShape } from "./shapes";

const LOST = STATUSES.indexOf("lost");
/** Metres: a lost Pi has sunk into its shelf, the selected one is drawn out of it. */
export const SUNK = -0.03;
export const DRAWN_OUT = 0.05;
const NOWHERE = [0, 0, 0];
const LINEAR = Float32Array.from({ length: 256 }, (_, byte) => linear(byte));

export class Nodes {
  readonly group = new Object3D();
  pis: InstancedMesh;
  private readonly places: Places;
  private readonly shapes = { pi: piShape(), led: ledShape(), glow: glowShape() };
  private readonly paints: { pi: MeshBasicMaterial; led: MeshBasicMaterial; glow: MeshBasicMaterial };
  private readonly place: Place = { x: 0, y: 0, z: 0, yaw: 0 };
  private sunk = new Uint8Array(0);
  private leds: InstancedMesh;
  private glow: InstancedMesh;

  constructor(places: Places, glowMap: Texture) {
    this.places = places;
    this.paints = {
      pi: new MeshBasicMaterial({ vertexColors: true, toneMapped: false }),
      led: new MeshBasicMaterial({ toneMapped: false }),
      glow: new MeshBasicMaterial({ map: glowMap, opacity: 0.42, ...ADDED, transparent: true, depthWrite: false, toneMapped: false }),
    };
    [this.pis, this.leds, this.glow] = this.build(Math.max(64, places.layout.slots.id.length));
  }

  /** Everybody to his place. Call it when the roster or the selection changed. */
  seat(state: State, selected: number): void {
    if (state.size > this.capacity) this.grow(state.size);
    for (let row = 0; row < state.size; row++) this.put(state, row, selected);
    for (const mesh of this.meshes) mesh.count = state.size;
    this.moved();
  }

  /** New colours and lights; and whoever was lost or came back sinks or rises. */
  update(state: State, view: View, now: number, selected: number, pulse: number): void {
    if (this.pis.count < state.size) return; // seat comes first
    paint(this.pis.instanceColor!.array as Float32Array, state, view, now, pulse);
    this.pis.instanceColor!.needsUpdate = true;
    const led = this.leds.instanceColor!.array;
    for (let i = 0; i < 3 * state.size; i++) led[i] = LINEAR[state.light[i]!]!;
    this.leds.instanceColor!.needsUpdate = true;
    let moved = false;
    for (let row = 0; row < state.size; row++) {
      if (this.sunk[row] === Number(state.status[row] === LOST)) continue;
      this.put(state, row, selected);
      moved = true;
    }
    if (moved) this.moved();
  }

  dispose(): void {
    for (const mesh of this.meshes) mesh.dispose();
    for (const shape of Object.values(this.shapes)) shape.dispose();
    for (const material of Object.values(this.paints)) material.dispose();
  }

  private get capacity(): number {
    return this.pis.instanceMatrix.count;
  }

  private get meshes(): InstancedMesh[] {
    return [this.pis, this.leds, this.glow];
  }

  private put(state: State, row: number, selected: number): void {
    const here = this.places.of(state, row, this.place);
    const lost = state.status[row] === LOST;
    this.sunk[row] = Number(lost);
    const forward = row === selected ? DRAWN_OUT : lost ? SUNK : 0;
    const scale = here ? this.places.layout.pi : NOWHERE;
    writeMatrix(this.pis.instanceMatrix.array as Float32Array, 16 * row, this.place, scale, forward);
  }

  private moved(): void {
    this.pis.instanceMatrix.needsUpdate = true;
    this.pis.boundingSphere = null; // or picking goes on with the old one
  }

  private grow(rows: number): void {
    for (const mesh of this.meshes) {
      this.group.remove(mesh);
      mesh.dispose();
    }
    [this.pis, this.leds, this.glow] = this.build(Math.max(rows, 2 * this.capacity));
  }

  private build(capacity: number): [InstancedMesh, InstancedMesh, InstancedMesh] {
    const { shapes, paints } = this;
    const pis = new InstancedMesh(shapes.pi, paints.pi, capacity);
    const leds = new InstancedMesh(shapes.led, paints.led, 0);
    const glow = new InstancedMesh(shapes.glow, paints.glow, 0);
    pis.instanceColor = new InstancedBufferAttribute(new Float32Array(3 * capacity), 3);
    leds.instanceColor = new InstancedBufferAttribute(new Float32Array(3 * capacity), 3);
    glow.instanceColor = pis.instanceColor;
    leds.instanceMatrix = glow.instanceMatrix = pis.instanceMatrix;
    glow.renderOrder = 3;
    for (const mesh of [pis, leds, glow]) {
      mesh.count = 0;
      mesh.frustumCulled = false; // its bounds would have to be made anew whenever one Pi moves
      this.group.add(mesh);
    }
    this.sunk = new Uint8Array(capacity);
    return [pis, leds, glow];
  }
}
