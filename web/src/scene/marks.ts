// Owns the signs in front of Pis that are not well: a red cross for lost, a striped frame for late, rebooting and never
// heard. Shape first, colour second. Reads state; called by scene at each drawn frame. Allocates only when it must grow.

import { DoubleSide, InstancedBufferAttribute, InstancedMesh, MeshBasicMaterial, Object3D, type BufferGeometry } from "three";
import { LOOKS, linear, statusName } from "../palette";
import { STATUSES, type Status } from "../protocol.gen";
import type { State } from "../state";
import { beyond, type Cut } from "./cut";
import { writeMatrix, type Place, type Places } from "./place";
import { crossShape, frameShape } from "./shapes";

/** From far away a cross is drawn larger than its Pi, from near it must not hide the neighbours. */
const SIZE_PER_METRE = 0.26;
const SMALLEST = 0.42;
const LARGEST = 1.25;
const FRAMED: readonly Status[] = ["late", "rebooting", "unknown"];
/** By status: 0 no mark, 1 a cross, 2 a frame. */
const MARK = STATUSES.map((status) => (status === "lost" ? 1 : FRAMED.includes(status) ? 2 : 0));

export class Marks {
  readonly group = new Object3D();
  /** What is cut away has no mark; and those who look from behind see the marks there. */
  cut: Cut | null = null;
  private readonly places: Places;
  private readonly shapes: { cross: BufferGeometry; frame: BufferGeometry };
  private readonly paint = new MeshBasicMaterial({ vertexColors: true, toneMapped: false });
  private readonly place: Place = { x: 0, y: 0, z: 0, yaw: 0 };
  private readonly crossSize = [1, 1, 1];
  private readonly frameSize = [1, 1, 1];
  private crosses: InstancedMesh;
  private frames: InstancedMesh;

  constructor(places: Places) {
    this.places = places;
    this.paint.side = DoubleSide; // they are seen from behind, too
    this.shapes = { cross: crossShape(), frame: frameShape(places.layout.pi[0], places.layout.pi[1]) };
    this.crosses = this.build(this.shapes.cross, 64);
    this.frames = this.build(this.shapes.frame, 64);
  }

  /** `beat` 0..1 lets the late ones breathe, 1 = steady; `far` is the eye's distance in metres. */
  update(state: State, now: number, beat: number, far: number): void {
    this.crossSize.fill(Math.min(LARGEST, Math.max(SMALLEST, SIZE_PER_METRE * far)));
    let [lost, framed] = [0, 0];
    for (let row = 0; row < state.size; row++) {
      const mark = MARK[state.statusAt(row, now)];
      if (mark === 1) lost++;
      else if (mark === 2) framed++;
    }
    if (lost > this.crosses.instanceMatrix.count) this.crosses = this.grown(this.crosses, lost);
    if (framed > this.frames.instanceMatrix.count) this.frames = this.grown(this.frames, framed);
    this.crosses.count = this.frames.count = 0;
    for (let row = 0; lost + framed > 0 && row < state.size; row++) {
      const status = state.statusAt(row, now);
      if (MARK[status] === 1) this.add(this.crosses, state, row, statusName(status), 1);
      else if (MARK[status] === 2) this.add(this.frames, state, row, statusName(status), beat);
    }
    for (const mesh of [this.crosses, this.frames]) {
      mesh.instanceMatrix.needsUpdate = true;
      mesh.instanceColor!.needsUpdate = true;
      mesh.visible = mesh.count > 0;
    }
  }

  dispose(): void {
    this.crosses.dispose();
    this.frames.dispose();
    this.shapes.cross.dispose();
    this.shapes.frame.dispose();
    this.paint.dispose();
  }

  private add(mesh: InstancedMesh, state: State, row: number, status: Status, light: number): void {
    if (!this.places.of(state, row, this.place) || (this.cut && beyond(this.cut, this.place))) return;
    const at = mesh.count++;
    const forward = (this.cut ? -1 : 1) * (this.places.layout.pi[2] / 2 + 0.012);
    writeMatrix(mesh.instanceMatrix.array as Float32Array, 16 * at, this.place, status === "lost" ? this.crossSize : this.frameSize, forward);
    const { rgb } = LOOKS[status];
    for (let i = 0; i < 3; i++) mesh.instanceColor!.array[3 * at + i] = light * linear(rgb[i]!);
  }

  private grown(mesh: InstancedMesh, rows: number): InstancedMesh {
    this.group.remove(mesh);
    mesh.dispose();
    return this.build(mesh.geometry, 2 * rows);
  }

  private build(shape: BufferGeometry, capacity: number): InstancedMesh {
    const mesh = new InstancedMesh(shape, this.paint, capacity);
    mesh.instanceColor = new InstancedBufferAttribute(new Float32Array(3 * capacity), 3);
    mesh.frustumCulled = false;
    mesh.count = 0;
    this.group.add(mesh);
    return mesh;
  }
}
