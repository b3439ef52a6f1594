// Owns the stand and the board of the holding area, where nodes that nobody has placed are shown beside the box.
// One draw call, none when everybody has a place. Rebuilt when their number changes; called by scene.

import { Mesh, MeshBasicMaterial, Object3D, type CanvasTexture } from "three";
import type { Layout } from "../layout";
import { drawBoard } from "./drawn";
import { Mason } from "./mason";
import { HOLDING_TOP, holdingExtent } from "./place";

export class Holding {
  readonly group = new Object3D();
  private readonly layout: Layout;
  private readonly material = new MeshBasicMaterial({ vertexColors: true, toneMapped: false });
  private mesh: Mesh | null = null;
  private map: CanvasTexture | null = null;
  private shown = 0;

  constructor(layout: Layout) {
    this.layout = layout;
  }

  show(count: number): void {
    if (count === this.shown) return;
    this.shown = count;
    this.clear();
    if (count === 0) return;
    this.map = drawBoard(count);
    this.material.map = this.map;
    this.mesh = new Mesh(this.build(count).build(), this.material);
    this.group.add(this.mesh);
  }

  dispose(): void {
    this.clear();
    this.material.dispose();
  }

  private build(count: number): Mason {
    const { x, z, width, depth, high } = holdingExtent(this.layout, count);
    const wood = { front: 0.5, right: 0.35, left: 0.28, back: 0.2, top: 1, bottom: 0 };
    const mason = new Mason().at([x, 0, z]);
    mason.box([0, HOLDING_TOP / 2, 0], [width + 0.05, HOLDING_TOP, depth + 0.06], 0x152a52, { shade: wood });
    mason.box([0, HOLDING_TOP - 0.006, 0], [width + 0.07, 0.012, depth + 0.08], 0xb67d0a, { shade: wood });
    const board = HOLDING_TOP + high + 0.13;
    for (const side of [-1, 1]) mason.box([side * width * 0.4, board / 2, -depth / 2 - 0.02], [0.012, board, 0.012], 0x39424f, { shade: wood });
    // Both faces carry the words: the area is seen from the north as well.
    mason.box([0, board, -depth / 2 - 0.01], [0.44, 0.1375, 0.01], 0xffffff, { patch: [0, 0, 1, 1], shade: { right: 0, left: 0, top: 0, bottom: 0 } });
    return mason;
  }

  private clear(): void {
    if (this.mesh) {
      this.group.remove(this.mesh);
      this.mesh.geometry.dispose();
      this.mesh = null;
    }
    this.map?.dispose();
    this.map = null;
  }
}
