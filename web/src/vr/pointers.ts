// Owns what is drawn of the visitor's own hands: a laser for each, the arc and the ring of a jump, a bead where a ray ends.
// A fixed number of meshes, none made while drawing. Called by session each frame.

import {
  BufferAttribute, BufferGeometry, Line, LineBasicMaterial, Mesh, MeshBasicMaterial, Object3D, RingGeometry, SphereGeometry,
} from "three";
import type { Hand } from "./hand";
import { ARC_POINTS } from "./jump";
import type { Point } from "./rig";

const HANDS = 2;
/** Metres that a laser reaches when it meets nothing. */
const IDLE = 1.5;
const GOOD = 0x56b4e9;
const BAD = 0xff4b3e;

export class Pointers {
  readonly group = new Object3D();
  /** 3 x ARC_POINTS; jump writes it. */
  readonly arcPoints = new Float32Array(3 * ARC_POINTS);
  private readonly lasers: Line<BufferGeometry, LineBasicMaterial>[] = [];
  private readonly beads: Mesh[] = [];
  private readonly arc: Line<BufferGeometry, LineBasicMaterial>;
  private readonly ring: Mesh<RingGeometry, MeshBasicMaterial>;
  private readonly disposals: { dispose(): void }[] = [];

  constructor() {
    const bead = this.owned(new SphereGeometry(0.006, 10, 8));
    const ink = this.owned(new MeshBasicMaterial({ color: 0xffffff, toneMapped: false }));
    for (let i = 0; i < HANDS; i++) {
      this.lasers.push(this.line(new Float32Array(6), 0xbfd4ff));
      this.beads.push(new Mesh(bead, ink));
    }
    this.arc = this.line(this.arcPoints, GOOD);
    const paint = this.owned(new MeshBasicMaterial({ color: GOOD, toneMapped: false, transparent: true, opacity: 0.85 }));
    this.ring = new Mesh(this.owned(new RingGeometry(0.16, 0.22, 40).rotateX(-Math.PI / 2)), paint);
    for (const thing of [...this.lasers, ...this.beads, this.arc, this.ring]) {
      thing.frustumCulled = false;
      thing.visible = false;
      this.group.add(thing);
    }
  }

  /** Hand `i`; `along` metres to what it meets, Infinity when it meets nothing. */
  laser(i: number, hand: Hand | undefined, along: number, shown: boolean): void {
    const [laser, bead] = [this.lasers[i]!, this.beads[i]!];
    laser.visible = shown && hand !== undefined && hand.aimed;
    bead.visible = laser.visible && along < Infinity;
    if (!laser.visible || !hand) return;
    const reach = Math.min(along, IDLE);
    const points = laser.geometry.getAttribute("position") as BufferAttribute;
    const { from, direction } = hand;
    points.setXYZ(0, from.x, from.y, from.z);
    points.setXYZ(1, from.x + direction.x * reach, from.y + direction.y * reach, from.z + direction.z * reach);
    points.needsUpdate = true;
    if (bead.visible) bead.position.set(from.x + direction.x * along, from.y + direction.y * along, from.z + direction.z * along);
    if (bead.visible && along > IDLE) points.setXYZ(1, bead.position.x, bead.position.y, bead.position.z);
  }

  /** Where a jump would lead; null = nobody aims. */
  jump(at: Readonly<Point> | null, good: boolean): void {
    this.arc.visible = at !== null;
    this.ring.visible = at !== null && good;
    if (!at) return;
    this.arc.material.color.setHex(good ? GOOD : BAD);
    this.arc.geometry.getAttribute("position").needsUpdate = true;
    this.ring.position.set(at.x, at.y + 0.01, at.z);
  }

  dispose(): void {
    for (const thing of this.disposals) thing.dispose();
  }

  private line(points: Float32Array, color: number): Line<BufferGeometry, LineBasicMaterial> {
    const shape = this.owned(new BufferGeometry());
    shape.setAttribute("position", new BufferAttribute(points, 3));
    return new Line(shape, this.owned(new LineBasicMaterial({ color, toneMapped: false, transparent: true, opacity: 0.7 })));
  }

  private owned<T extends { dispose(): void }>(thing: T): T {
    this.disposals.push(thing);
    return thing;
  }
}
