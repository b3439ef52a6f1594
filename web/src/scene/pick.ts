// Owns the answer to "which Pi is here": a ray against the one instanced mesh, whose instance is the row. Runs without a
// browser. Called by scene for the pointer, and by tests.

import { Camera, InstancedMesh, Mesh, Raycaster, Vector2, type Intersection } from "three";

/** Metres: a Pi this much behind a wall cannot be meant; less is the wall's own thickness. */
const BEHIND = 0.05;

export class Picker {
  private readonly ray = new Raycaster();
  private readonly hits: Intersection[] = [];
  private readonly at = new Vector2();

  /** x and y in -1..1 of the view, y up. The row, or -1. */
  pick(x: number, y: number, camera: Camera, pis: InstancedMesh, walls: Mesh | null): number {
    this.ray.setFromCamera(this.at.set(x, y), camera);
    const pi = this.first(pis);
    if (pi?.instanceId === undefined) return -1;
    const wall = walls ? this.first(walls) : undefined;
    return wall && wall.distance < pi.distance - BEHIND ? -1 : pi.instanceId;
  }

  private first(object: Mesh): Intersection | undefined {
    this.hits.length = 0;
    return this.ray.intersectObject(object, false, this.hits)[0];
  }
}
