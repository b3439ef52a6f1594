// Owns the Pis on the screen: one instanced mesh for all of them, coloured from one buffer, and the glow that shares its
// matrices. Instance = row. Its shape is a plain one until the model comes, then the model's: a rough one for afar and a
// fine one for near. Reads state and the palette; called by scene. Nothing is allocated while drawing.

import { InstancedBufferAttribute, InstancedMesh, MeshBasicMaterial, Object3D, type BufferGeometry, type ShaderMaterial, type Texture } from "three";
import { paint, type View } from "../paint";
import { linear } from "../palette";
import { STATUSES } from "../protocol.gen";
import type { State } from "../state";
import { beyond, type Cut } from "./cut";
import { ADDED } from "./glow";
import { writeMatrix, type Place, type Places } from "./place";
import { glowShape, piShape } from "./shapes";

const LOST = STATUSES.indexOf("lost");
/** Metres: a lost Pi has sunk into its shelf, the selected one is drawn out of it. */
export const SUNK = -0.03;
export const DRAWN_OUT = 0.05;
const GLOW = { near: 0.12, far: 0.3 };
const NOWHERE = [0, 0, 0];
const LINEAR = Float32Array.from({ length: 256 }, (_, byte) => linear(byte));

export class Nodes {
  readonly group = new Object3D();
  /** What is cut away is not drawn; null = nothing is. Seat again after a change. */
  cut: Cut | null = null;
  /** The chosen Pi is drawn by somebody else. */
  standIn = false;
  pis: InstancedMesh;
  private readonly places: Places;
  private readonly shapes: { near: BufferGeometry; far: BufferGeometry; glow: BufferGeometry };
  private readonly piPaint: ShaderMaterial;
  private readonly glowPaint: MeshBasicMaterial;
  private readonly place: Place = { x: 0, y: 0, z: 0, yaw: 0 };
  private shine = new InstancedBufferAttribute(new Float32Array(0), 3);
  private sunk = new Uint8Array(0);
  private glow: InstancedMesh;
  private isNear = false;

  constructor(places: Places, glowMap: Texture, piPaint: ShaderMaterial) {
    this.places = places;
    this.piPaint = piPaint;
    const plain = piShape();
    this.shapes = { near: plain, far: plain, glow: glowShape() };
    this.glowPaint = new MeshBasicMaterial({ map: glowMap, opacity: GLOW.far, ...ADDED, transparent: true, depthWrite: false, toneMapped: false });
    [this.pis, this.glow] = this.build(Math.max(64, places.layout.slots.id.length));
  }

  /** The model's shapes, in cubes of edge 1. Disposes of those before. */
  wear(shape: "near" | "far", geometry: BufferGeometry): void {
    const { near, far } = this.shapes;
    const other = shape === "near" ? far : near;
    if (this.shapes[shape] !== other) this.shapes[shape].dispose();
    this.shapes[shape] = geometry;
    if (other.userData["worn"] !== true) {
      other.dispose();
      this.shapes[shape === "near" ? "far" : "near"] = geometry; // until the other one comes
    }
    geometry.userData["worn"] = true;
    this.useShape(this.isNear);
  }

  /** Many triangles or few; and less glow for an eye that is `away` metres near, which sees the boards themselves. */
  near(near: boolean, away: number): void {
    if (near !== this.isNear) this.useShape(near);
    this.glowPaint.opacity = GLOW.near + (GLOW.far - GLOW.near) * Math.min(1, Math.max(0, (away - 0.5) / 2));
  }

  /** Everybody to his place. Call it when the roster, the selection or the cut changed. */
  seat(state: State, selected: number): void {
    if (state.size > this.capacity) this.grow(state.size);
    for (let row = 0; row < state.size; row++) this.put(state, row, selected);
    this.pis.count = this.glow.count = state.size;
    this.moved();
  }

  /** New colours and lights; and whoever was lost or came back sinks or rises. */
  update(state: State, view: View, now: number, selected: number, pulse: number): void {
    if (this.pis.count < state.size) return; // seat comes first
    paint(this.pis.instanceColor!.array as Float32Array, state, view, now, pulse);
    this.pis.instanceColor!.needsUpdate = true;
    const shine = this.shine.array;
    for (let i = 0; i < 3 * state.size; i++) shine[i] = LINEAR[state.light[i]!]!;
    this.shine.needsUpdate = true;
    let moved = false;
    for (let row = 0; row < state.size; row++) {
      if (this.sunk[row] === Number(state.status[row] === LOST)) continue;
      this.put(state, row, selected);
      moved = true;
    }
    if (moved) this.moved();
  }

  /** Colour and light of a row into what stands in for it. */
  copy(row: number, color: Float32Array, shine: Float32Array): void {
    for (let i = 0; i < 3; i++) {
      color[i] = this.pis.instanceColor!.array[3 * row + i]!;
      shine[i] = this.shine.array[3 * row + i]!;
    }
  }

  dispose(): void {
    for (const mesh of [this.pis, this.glow]) mesh.dispose();
    for (const shape of new Set(Object.values(this.shapes))) shape.dispose();
    this.glowPaint.dispose();
  }

  private get capacity(): number {
    return this.pis.instanceMatrix.count;
  }

  private useShape(near: boolean): void {
    this.isNear = near;
    this.pis.geometry = near ? this.shapes.near : this.shapes.far;
    this.pis.geometry.setAttribute("shine", this.shine);
  }

  private put(state: State, row: number, selected: number): void {
    const here = this.places.of(state, row, this.place) && !(this.cut && beyond(this.cut, this.place)) && !(this.standIn && row === selected);
    const lost = state.status[row] === LOST;
    this.sunk[row] = Number(lost);
    const forward = row === selected ? DRAWN_OUT : lost ? SUNK : 0;
    const scale = here ? this.places.layout.pi : NOWHERE;
    writeMatrix(this.pis.instanceMatrix.array as Float32Array, 16 * row, this.place, scale, forward);
  }

  private moved(): void {
    this.pis.instanceMatrix.needsUpdate = true;
  }

  private grow(rows: number): void {
    for (const mesh of [this.pis, this.glow]) {
      this.group.remove(mesh);
      mesh.dispose();
    }
    [this.pis, this.glow] = this.build(Math.max(rows, 2 * this.capacity));
  }

  private build(capacity: number): [InstancedMesh, InstancedMesh] {
    const pis = new InstancedMesh(this.shapes.far, this.piPaint, capacity);
    const glow = new InstancedMesh(this.shapes.glow, this.glowPaint, 0);
    pis.instanceColor = new InstancedBufferAttribute(new Float32Array(3 * capacity), 3);
    glow.instanceColor = pis.instanceColor;
    glow.instanceMatrix = pis.instanceMatrix;
    glow.renderOrder = 3;
    for (const mesh of [pis, glow]) {
      mesh.count = 0;
      mesh.frustumCulled = false; // its bounds would have to be made anew whenever one Pi moves
      this.group.add(mesh);
    }
    this.shine = new InstancedBufferAttribute(new Float32Array(3 * capacity), 3);
    for (const shape of [this.shapes.near, this.shapes.far]) shape.setAttribute("shine", this.shine);
    this.sunk = new Uint8Array(capacity);
    return [pis, glow];
  }
}
