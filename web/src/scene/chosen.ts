// Owns the chosen Pi: a bright cage where it has been drawn out of its shelf, and, once its file has come, the Pi itself with
// every connector in place of the plainer one. One draw call. Called by scene.

import { InstancedBufferAttribute, InstancedMesh, type BufferGeometry, type ShaderMaterial } from "three";
import type { Layout } from "../layout";
import { DRAWN_OUT, type Nodes } from "./nodes";
import { writeMatrix, type Place } from "./place";
import { cagedShape } from "./shapes";

export class Chosen {
  readonly mesh: InstancedMesh;
  private readonly layout: Layout;
  private readonly color = new InstancedBufferAttribute(new Float32Array(3), 3);
  private readonly shine = new InstancedBufferAttribute(new Float32Array(3), 3);

  constructor(layout: Layout, paint: ShaderMaterial) {
    this.layout = layout;
    this.mesh = new InstancedMesh(cagedShape(...(layout.pi as [number, number, number])), paint, 1);
    this.mesh.instanceColor = this.color;
    this.mesh.geometry.setAttribute("shine", this.shine);
    this.mesh.visible = false;
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 1;
  }

  /** The Pi in full detail, with its cage. */
  wear(shape: BufferGeometry): void {
    this.mesh.geometry.dispose();
    this.mesh.geometry = shape;
    shape.setAttribute("shine", this.shine);
  }

  /** null = nobody is chosen. */
  put(place: Place | null): void {
    this.mesh.visible = place !== null;
    if (place === null) return;
    writeMatrix(this.mesh.instanceMatrix.array as Float32Array, 0, place, this.layout.pi, DRAWN_OUT);
    this.mesh.instanceMatrix.needsUpdate = true;
  }

  update(nodes: Nodes, row: number): void {
    if (!this.mesh.visible || row < 0) return;
    nodes.copy(row, this.color.array as Float32Array, this.shine.array as Float32Array);
    this.color.needsUpdate = this.shine.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.dispose();
  }
}
