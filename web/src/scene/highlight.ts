// Owns the mark on the selected Pi: a bright cage around it where it has been drawn out of its shelf. Called by scene.

import { Mesh, MeshBasicMaterial } from "three";
import type { Layout } from "../layout";
import type { Place } from "./place";
import { cageShape } from "./shapes";

/** As far as nodes draws the selected Pi out of its shelf. */
const DRAWN_OUT = 0.05;

export class Highlight {
  readonly mesh: Mesh;
  private readonly material = new MeshBasicMaterial({ color: 0xffffff, toneMapped: false });

  constructor(layout: Layout) {
    this.mesh = new Mesh(cageShape(...(layout.pi as [number, number, number])), this.material);
    this.mesh.visible = false;
    this.mesh.renderOrder = 5;
  }

  /** null = nothing is selected. */
  put(place: Place | null): void {
    this.mesh.visible = place !== null;
    if (place === null) return;
    const { x, y, z, yaw } = place;
    this.mesh.position.set(x + Math.sin(yaw) * DRAWN_OUT, y, z + Math.cos(yaw) * DRAWN_OUT);
    this.mesh.rotation.y = yaw;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.material.dispose();
  }
}
