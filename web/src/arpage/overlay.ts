// Owns what is drawn: the picture that was solved, each Pi's state exactly over it, the markers that it rests on. The picture
// and what lies over it are of the same moment, so nothing swims behind a moving camera.

import type { Lens, Point } from "../ar/lens";
import type { Vec3 } from "../ar/linear";
import { drawn } from "../ar/overlay";
import type { Pose } from "../ar/pose";
import type { Layout } from "../layout";
import { rowColor, type View } from "../paint";
import { LOOKS, css, statusName } from "../palette";
import type { State } from "../state";
import { facesOf, quadAt, quadsOf, type Face, type Quad } from "./faces";
import type { Fix } from "./tracker";

export interface Seen {
  readonly pose: Pose;
  readonly lens: Lens;
  readonly markers: Fix["seen"];
  /** 1 = of this very picture; below, of an earlier one. */
  readonly strength: number;
}

const FILLED = 0.62;
const MARKER = "#4fe39a";
const CHOSEN = "#ffffff";
const RULED = "#ff4f7b";
const ARM = 22; // pixels

export class Overlay {
  quads: Quad[] = [];
  private readonly canvas: HTMLCanvasElement;
  private readonly pen: CanvasRenderingContext2D;
  /** Places on the ruler's sheet, drawn instead of Pis. */
  readonly crosses: readonly Vec3[];
  private readonly faces: readonly Face[];
  private readonly state: State;
  private rowOf = new Int32Array(0);
  private moves = -1;

  constructor(canvas: HTMLCanvasElement, layout: Layout, state: State, crosses: readonly Vec3[] | null = null) {
    [this.canvas, this.pen, this.state] = [canvas, canvas.getContext("2d", { alpha: false })!, state];
    this.faces = crosses === null ? facesOf(layout) : [];
    this.crosses = crosses ?? [];
    this.rowOf = new Int32Array(this.faces.length).fill(-1);
  }

  draw(image: CanvasImageSource, width: number, height: number, seen: Seen | null, view: View, chosen: number, now: number): void {
    const { canvas, pen } = this;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    pen.globalAlpha = 1;
    pen.drawImage(image, 0, 0, width, height);
    this.quads = seen ? quadsOf(this.faces, seen.pose, seen.lens, width, height) : [];
    if (!seen) return;
    this.seat();
    for (const quad of this.quads) this.one(quad, seen.strength, view, chosen, now);
    pen.globalAlpha = seen.strength;
    for (const cross of this.crosses) this.plus(drawn(seen.pose, seen.lens, cross));
    for (const { corners } of seen.markers) this.outline(corners, MARKER, 2);
  }

  /** The row of the Pi under a point of the picture, or next to it within `reach` pixels; -1 = none. */
  rowAt(at: Point, reach = 0): number {
    const quad = quadAt(this.quads.filter(({ face }) => this.rowOf[face.slot]! >= 0), at, reach);
    return quad ? this.rowOf[quad.face.slot]! : -1;
  }

  private one({ face, corners }: Quad, strength: number, view: View, chosen: number, now: number): void {
    const { pen, state } = this;
    const row = this.rowOf[face.slot]!;
    if (row < 0) return; // a free place: nothing is said of it
    const status = statusName(state.statusAt(row, now));
    pen.globalAlpha = FILLED * strength;
    pen.fillStyle = css(rowColor(state, view, row, now));
    this.path(corners);
    pen.fill();
    pen.globalAlpha = strength;
    if (status === "lost" || status === "late") {
      this.outline(corners, css(LOOKS[status].rgb), 2);
      if (status === "lost") this.cross(corners, css(LOOKS.lost.rgb));
    }
    if (row === chosen) this.outline(corners, CHOSEN, 4);
  }

  private path(corners: readonly Point[]): void {
    const { pen } = this;
    pen.beginPath();
    corners.forEach(([x, y], n) => (n === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
    pen.closePath();
  }

  private outline(corners: readonly Point[], colour: string, width: number): void {
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = width;
    this.path(corners);
    this.pen.stroke();
  }

  /** Dead without a doubt, whatever the palette. */
  private cross([a, b, c, d]: readonly Point[], colour: string): void {
    const { pen } = this;
    pen.strokeStyle = colour;
    pen.lineWidth = 3;
    pen.beginPath();
    for (const [[x, y], [u, v]] of [[a!, c!], [b!, d!]] as const) {
      pen.moveTo(x, y);
      pen.lineTo(u, v);
    }
    pen.stroke();
  }

  /** A thin cross, to be read against the printed one. */
  private plus(at: Point | null): void {
    if (at === null) return;
    const { pen } = this;
    pen.strokeStyle = RULED;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(at[0] - ARM, at[1]);
    pen.lineTo(at[0] + ARM, at[1]);
    pen.moveTo(at[0], at[1] - ARM);
    pen.lineTo(at[0], at[1] + ARM);
    pen.stroke();
  }

  /** Who sits in which slot, when that has changed. */
  private seat(): void {
    const { state } = this;
    if (state.moves === this.moves) return;
    this.moves = state.moves;
    this.rowOf.fill(-1);
    for (let row = 0; row < state.size; row++) {
      const slot = state.roster.slot[row]!;
      if (state.roster.known(row) && slot >= 0 && slot < this.rowOf.length) this.rowOf[slot] = row;
    }
  }
}
