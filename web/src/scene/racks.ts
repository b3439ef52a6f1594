// Owns the ironwork: rack posts, shelf trays and switches, drawn from the layout's sizes. Builds into the two masons it
// is given: what is lit by the room, and what shines by itself. Called by scenery.

import type { Layout, Part, Triple } from "../layout";
import type { Hull } from "./box";
import type { Mason, Patch } from "./mason";

const STEEL = 0x5a6678;
const DARK = 0x0d1017;
const CHEEK = 0x1e4d97;
const FLANK = 0x1d2738;
const TRAY = 0x4a5463;
const CASE = 0x2a3342;
const PORT = 0x0a0d13;
const LINK_LIGHT = 0x3dffa2;
const BAR = 0.018;
const ONLY_FRONT = { right: 0, left: 0, top: 0, bottom: 0, back: 0 };

/** `plates` are the places of the racks' names on the atlas. */
export function buildRacks(solid: Mason, lit: Mason, layout: Layout, hull: Hull, plates: ReadonlyMap<string, Patch>): void {
  for (const rack of layout.racks) {
    const opening = layout.switches.find((one) => one.rack === rack.name)?.size[0] ?? rack.size[0];
    buildRack(solid, rack, opening);
    if (hull.roofed) buildFiller(solid, layout, rack, hull, opening);
    const patch = plates.get(rack.name);
    if (patch) buildPlate(lit, rack, hull, patch);
  }
  for (const slots of shelvesOf(layout)) buildTray(solid, layout, slots);
  for (const one of layout.switches) buildSwitch(solid, lit, one);
  solid.at([0, 0, 0]);
  lit.at([0, 0, 0]);
}

/** Rails where the switches' ears end, cheeks from there to the rack's edge, and darkness behind. */
function buildRack(solid: Mason, { position, size, yaw }: Part, opening: number): void {
  const [w, h, d] = size;
  const cheek = (w - opening) / 2;
  solid.at(position, yaw);
  for (const x of [-1, 1]) {
    solid.box([x * (opening / 2 - BAR / 2), 0, d / 2 - BAR - 0.004], [BAR, h, BAR], STEEL);
    solid.box([x * (w / 2 - 0.002), 0, 0], [0.004, h, d], FLANK);
    if (cheek > 0.01) solid.box([x * (w - cheek) / 2, 0, d / 2 - 0.012], [cheek, h, 0.024], CHEEK);
  }
  solid.box([0, 0, d / 2 - 0.24], [opening, h, 0.006], DARK, { shade: { front: 0.5 } });
  solid.box([0, h / 2 - 0.006, d / 2 - 0.11], [opening, 0.012, 0.22], CHEEK);
  solid.box([0, -h / 2 + 0.006, d / 2 - 0.11], [opening, 0.012, 0.22], CHEEK);
}

/** Blank panels where a rack has fewer banks than its neighbour. */
function buildFiller(solid: Mason, layout: Layout, rack: Part, hull: Hull, opening: number): void {
  const mine = layout.slots.position.filter((_, slot) => layout.slots.rack[slot] === rack.name);
  const lowest = mine.reduce((low, [, y]) => Math.min(low, y), Infinity) - layout.pi[1] / 2 - 0.02;
  const [from, to] = [hull.bottom, lowest - 0.004];
  if (!(to - from > 0.03)) return;
  const [x, , z] = rack.position;
  solid.at([x, (from + to) / 2, z], rack.yaw);
  solid.box([0, 0, rack.size[2] / 2 - 0.014], [opening, to - from, 0.02], CHEEK, { shade: { front: 0.8 } });
  solid.box([0, 0, rack.size[2] / 2 - 0.006], [opening - 0.06, Math.max(0.01, to - from - 0.06), 0.012], CHEEK, { shade: { front: 0.6 } });
}

function buildPlate(lit: Mason, { position, size, yaw }: Part, hull: Hull, patch: Patch): void {
  const [x, , z] = position;
  const [toSide, toFront] = [hull.width / 2 - Math.abs(x), hull.depth / 2 - Math.abs(z)]; // from the rack's middle to the plinth's faces
  const along = hull.roofed ? Math.abs(Math.cos(yaw)) * toFront + Math.abs(Math.sin(yaw)) * toSide : size[2] / 2;
  const y = hull.roofed ? Math.max(0.1, hull.bottom - 0.065) : hull.bottom - 0.018;
  const width = Math.min(0.36, size[0] * 0.7);
  lit.at([x, y, z], yaw).box([0, 0, along + 0.004], [width, width / 8, 0.002], 0xffffff, { patch, shade: ONLY_FRONT });
}

/** A thin shelf under each row of Pis, with a lip that catches the light. */
function buildTray(solid: Mason, layout: Layout, slots: readonly number[]): void {
  const [w, h, d] = layout.pi;
  const { position, yaw } = layout.slots;
  const [first, last] = [position[slots[0]!]!, position[slots.at(-1)!]!];
  const long = Math.hypot(last[0] - first[0], last[2] - first[2]) + 2 * w;
  const middle: Triple = [(first[0] + last[0]) / 2, first[1] - h / 2 - 0.003, (first[2] + last[2]) / 2];
  solid.at(middle, yaw[slots[0]!]!);
  solid.box([0, 0, -0.01], [long, 0.003, d + 0.02], TRAY, { shade: { bottom: 0.4 } });
  solid.box([0, 0.003, d / 2 + 0.001], [long, 0.009, 0.002], TRAY, { shade: { front: 1.2 } });
}

function buildSwitch(solid: Mason, lit: Mason, { position, size, yaw }: Part): void {
  const [w, h, d] = size;
  solid.at(position, yaw).box([0, 0, 0], [w, h * 0.94, d], CASE, { shade: { front: 1.15 } });
  lit.at(position, yaw);
  for (const group of [-1.5, -0.5, 0.5, 1.5]) {
    const x = group * w * 0.21;
    solid.box([x, -h * 0.04, d / 2], [w * 0.19, h * 0.56, 0.003], PORT, { shade: { back: 0 } });
    for (let port = 0; port < 6; port++) {
      const at: Triple = [x + ((port - 2.5) * w * 0.19) / 6, h * 0.33, d / 2 + 0.001];
      lit.box(at, [0.006, 0.0035, 0.002], LINK_LIGHT, { shade: { ...ONLY_FRONT, front: 0.5 } });
    }
  }
}

function shelvesOf(layout: Layout): number[][] {
  const shelves = new Map<number, number[]>();
  layout.slots.shelf.forEach((shelf, slot) => shelves.set(shelf, [...(shelves.get(shelf) ?? []), slot]));
  return [...shelves.values()];
}
