// Owns the building of one geometry out of many coloured boxes, so that a whole rack room is one draw call.
// Called by the parts of the scene; knows nothing of what they build.

import { BufferGeometry, Float32BufferAttribute, Uint32BufferAttribute } from "three";
import type { Triple } from "../layout";
import { linear } from "../palette";

export type Side = "right" | "left" | "top" | "bottom" | "front" | "back";
/** Where on a texture a face looks: left, bottom, right, top in 0..1. */
export type Patch = readonly [number, number, number, number];

export interface BoxOptions {
  /** Light of a side, 1 = as the colour says. A side that is 0 is left out. */
  readonly shade?: Partial<Record<Side, number>>;
  readonly patch?: Patch;
  /** Radians about z, in place, before anything else. */
  readonly roll?: number;
}

const SIDES: readonly [Side, Triple, Triple, Triple][] = [
  // side, normal, its right, its up
  ["right", [1, 0, 0], [0, 0, -1], [0, 1, 0]],
  ["left", [-1, 0, 0], [0, 0, 1], [0, 1, 0]],
  ["top", [0, 1, 0], [1, 0, 0], [0, 0, -1]],
  ["bottom", [0, -1, 0], [1, 0, 0], [0, 0, 1]],
  ["front", [0, 0, 1], [1, 0, 0], [0, 1, 0]],
  ["back", [0, 0, -1], [-1, 0, 0], [0, 1, 0]],
];
/** A patch of plain white in every texture that is used with a mason's geometry. */
export const WHITE: Patch = [0.002, 0.002, 0.004, 0.004];

export class Mason {
  private readonly position: number[] = [];
  private readonly normal: number[] = [];
  private readonly color: number[] = [];
  private readonly uv: number[] = [];
  private readonly index: number[] = [];
  private origin: Triple = [0, 0, 0];
  private cos = 1;
  private sin = 0;

  /** How many corners there are so far. */
  get corners(): number {
    return this.position.length / 3;
  }

  /** What follows is built here, turned about y. */
  at(origin: Triple, yaw = 0): this {
    this.origin = origin;
    this.cos = Math.cos(yaw);
    this.sin = Math.sin(yaw);
    return this;
  }

  box(center: Triple, size: Triple, color: number, options: BoxOptions = {}): this {
    for (const [side, normal, right, up] of SIDES) {
      const shade = options.shade?.[side] ?? 1;
      if (shade === 0) continue;
      const corner = (a: number, b: number): Triple =>
        [0, 1, 2].map((i) => 0.5 * size[i]! * (normal[i]! + a * right[i]! + b * up[i]!)) as unknown as Triple;
      const corners = [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
      this.quad(corners.map((one) => shift(rolled(one, options.roll ?? 0), center)), normal, color, shade, options.patch);
    }
    return this;
  }

  /** A flat-topped or pointed roof: a square base, shrinking to `top` of its size. */
  hip(center: Triple, size: Triple, top: number, color: number): this {
    const [w, h, d] = [size[0] / 2, size[1], size[2] / 2];
    for (let turn = 0; turn < 4; turn++) {
      const [c, s] = [Math.round(Math.cos((turn * Math.PI) / 2)), Math.round(Math.sin((turn * Math.PI) / 2))];
      const point = (x: number, y: number, z: number): Triple => shift([c * x + s * z, y, -s * x + c * z], center);
      const [a, b] = turn % 2 ? [d, w] : [w, d];
      const corners = [point(-a, 0, b), point(a, 0, b), point(a * top, h, b * top), point(-a * top, h, b * top)];
      this.quad(corners, [s * 0.5, 0.87, c * 0.5], color, 1);
    }
    return this;
  }

  /** Darkens everything towards the floor: from `floor` at y = 0 to full light at y = `top`. */
  dusk(floor: number, top: number): this {
    for (let i = 0; i < this.color.length; i++) {
      const y = this.position[i - (i % 3) + 1]!;
      this.color[i] = this.color[i]! * (floor + (1 - floor) * Math.min(1, y / top));
    }
    return this;
  }

  build(): BufferGeometry {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new Float32BufferAttribute(this.position, 3));
    geometry.setAttribute("normal", new Float32BufferAttribute(this.normal, 3));
    geometry.setAttribute("color", new Float32BufferAttribute(this.color, 3));
    geometry.setAttribute("uv", new Float32BufferAttribute(this.uv, 2));
    geometry.setIndex(new Uint32BufferAttribute(this.index, 1));
    geometry.computeBoundingSphere();
    return geometry;
  }

  private quad(corners: Triple[], normal: Triple, color: number, shade: number, patch: Patch = WHITE): void {
    const first = this.position.length / 3;
    const [left, bottom, right, top] = patch;
    const uv = [left, bottom, right, bottom, right, top, left, top];
    for (const corner of corners) {
      this.position.push(...shift(this.turned(corner), this.origin));
      this.normal.push(...this.turned(normal));
      this.color.push(...[16, 8, 0].map((bits) => shade * linear((color >> bits) & 255)));
    }
    this.uv.push(...uv);
    this.index.push(first, first + 1, first + 2, first, first + 2, first + 3);
  }

  private turned([x, y, z]: Triple): Triple {
    return [x * this.cos + z * this.sin, y, z * this.cos - x * this.sin];
  }
}

function shift(a: Triple, b: Triple): Triple {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

function rolled([x, y, z]: Triple, roll: number): Triple {
  return [x * Math.cos(roll) - y * Math.sin(roll), x * Math.sin(roll) + y * Math.cos(roll), z];
}
