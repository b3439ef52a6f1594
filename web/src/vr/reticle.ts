// Owns the ring that lies where the cluster would be put, with the outline of what it would cover there. Two meshes, made once.
// Called by ownroom.

import { BufferAttribute, BufferGeometry, LineBasicMaterial, LineLoop, Mesh, MeshBasicMaterial, Object3D, RingGeometry } from "three";
import type { Footprint } from "./jump";
import type { Point } from "./rig";

const INK = 0x56b4e9;
/** Metres above the surface, so that it does not flicker in it. */
const ABOVE = 0.005;

export class Reticle {
  readonly group = new Object3D();
  private readonly ring = new Mesh(
    new RingGeometry(0.055, 0.075, 40).rotateX(-Math.PI / 2),
    new MeshBasicMaterial({ color: INK, toneMapped: false, transparent: true, opacity: 0.9 }),
  );
  private readonly outline: LineLoop<BufferGeometry, LineBasicMaterial>;

  constructor({ x, z }: Footprint) {
    const corners = new BufferGeometry();
    corners.setAttribute("position", new BufferAttribute(new Float32Array([-x, 0, z, x, 0, z, x, 0, -z, -x, 0, -z]), 3));
    this.outline = new LineLoop(corners, new LineBasicMaterial({ color: INK, toneMapped: false }));
    this.group.add(this.ring, this.outline);
    this.group.visible = false;
  }

  hide(): void {
    this.group.visible = false;
  }

  /** `scale` and `yaw` are those that the cluster would have. */
  show(at: Readonly<Point>, yaw: number, scale: number): void {
    this.group.visible = true;
    this.group.position.set(at.x, at.y + ABOVE, at.z);
    this.group.rotation.y = yaw;
    this.outline.scale.setScalar(scale);
  }

  dispose(): void {
    this.ring.geometry.dispose();
    this.ring.material.dispose();
    this.outline.geometry.dispose();
    this.outline.material.dispose();
  }
}
