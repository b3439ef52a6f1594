// Owns what can be flown to beside a Pi: the whole box, a rack, a shelf; where each is, how large, and which is next when
// one goes nearer or back. Pure. Used by main (breadcrumb, address), camera and scene.

import type { Layout, Triple } from "../layout";

export type Focus =
  | { readonly kind: "box" }
  | { readonly kind: "rack"; readonly rack: string }
  | { readonly kind: "shelf"; readonly shelf: number }
  | { readonly kind: "node" };

export const BOX: Focus = { kind: "box" };

/** What a view must hold: a rectangle about `target` that faces `yaw`. Metres, radians. */
export interface Sight {
  readonly target: Triple;
  readonly yaw: number;
  readonly across: number;
  readonly high: number;
}

/** Room around what is looked at. */
const AROUND = 1.12;

/** Null when the layout has no such rack or shelf, or needs no sight (the box and a Pi have their own). */
export function sightOf(layout: Layout, focus: Focus): Sight | null {
  if (focus.kind === "rack") {
    const rack = layout.racks.find(({ name }) => name === focus.rack);
    if (!rack) return null;
    const { position: [x, y, z], size: [across, high, deep], yaw } = rack;
    return { target: [x + (Math.sin(yaw) * deep) / 2, y, z + (Math.cos(yaw) * deep) / 2], yaw, across: across * AROUND, high: high * AROUND };
  }
  if (focus.kind !== "shelf") return null;
  const slots = slotsOf(layout, focus.shelf);
  const places = slots.map((slot) => layout.slots.position[slot]!);
  if (places.length === 0) return null;
  const yaw = layout.slots.yaw[slots[0]!]!;
  const middle = [0, 1, 2].map((axis) => (Math.min(...places.map((at) => at[axis]!)) + Math.max(...places.map((at) => at[axis]!))) / 2);
  const across = Math.max(...places.map((at) => Math.hypot(at[0] - middle[0]!, at[2] - middle[2]!))) * 2 + layout.pi[0];
  const out = layout.pi[2] / 2;
  return { target: [middle[0]! + Math.sin(yaw) * out, middle[1]!, middle[2]! + Math.cos(yaw) * out], yaw, across: across * AROUND, high: layout.pi[1] * 3 };
}

/** From the whole to a slot: what the breadcrumb shows of it. */
export function pathTo(layout: Layout, slot: number): Focus[] {
  const rack = layout.slots.rack[slot];
  return rack === undefined ? [BOX] : [BOX, { kind: "rack", rack }, { kind: "shelf", shelf: layout.slots.shelf[slot]! }];
}

export function same(a: Focus, b: Focus): boolean {
  return nameOf(a) === nameOf(b);
}

/** "south-east" as people write it: South East. Shelves count from 1. */
export function nameOf(focus: Focus): string {
  if (focus.kind === "rack") return focus.rack.replace(/[-_]+/g, " ").replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  return focus.kind === "shelf" ? `Shelf ${focus.shelf + 1}` : focus.kind === "box" ? "Box" : "Pi";
}

/** One step nearer to a slot from where one is: box, rack, shelf, Pi. Another rack or shelf is gone to first. */
export function nearer(layout: Layout, from: Focus, slot: number): Focus {
  if (slot < 0) return { kind: "node" };
  const path = pathTo(layout, slot);
  const at = path.findIndex((step) => same(step, from));
  if (from.kind === "node" || at === path.length - 1) return { kind: "node" };
  return path[at < 0 ? sameRack(layout, from, slot) : at + 1] ?? { kind: "node" };
}

/** One step back: from a Pi to its shelf, to its rack, to the box. */
export function back(layout: Layout, from: Focus, slot: number): Focus {
  if (from.kind === "node" && slot >= 0) return pathTo(layout, slot).at(-1)!;
  if (from.kind !== "shelf") return BOX;
  const first = slotsOf(layout, from.shelf)[0];
  return first === undefined ? BOX : pathTo(layout, first)[1]!;
}

/** From another shelf of the same rack one goes to the shelf, from elsewhere to the rack: an index into the path. */
function sameRack(layout: Layout, from: Focus, slot: number): number {
  const first = from.kind === "shelf" ? slotsOf(layout, from.shelf)[0] : undefined;
  return first !== undefined && layout.slots.rack[first] === layout.slots.rack[slot] ? 2 : 1;
}

function slotsOf(layout: Layout, shelf: number): number[] {
  return layout.slots.shelf.flatMap((one, slot) => (one === shelf ? [slot] : []));
}
