// Owns which node is selected and where an arrow key leads from it. Pure: it knows slots and rows, not keys or meshes.
// The selection is an id, not a row, so that it survives a new epoch. Read by scene and ui; moved by main.

import type { Layout } from "./layout";
import type { Roster } from "./roster";

export type Direction = "left" | "right" | "up" | "down";

export class Selection {
  id = "";
  private readonly heard = new Set<(id: string) => void>();

  /** "" = nothing. */
  set(id: string): void {
    if (id === this.id) return;
    this.id = id;
    for (const listener of this.heard) listener(id);
  }

  onChange(listener: (id: string) => void): void {
    this.heard.add(listener);
  }
}

/** One shelf of Pis as its reader sees it, from left to right. */
interface Shelf {
  readonly slots: readonly number[];
  readonly y: number;
  /** Which way it faces, and how far right it stands for somebody who looks at that face. */
  readonly face: string;
  readonly x: number;
}

export class Moves {
  private readonly shelves: readonly Shelf[];
  private readonly shelfOf = new Map<number, number>();

  constructor(layout: Layout) {
    this.shelves = shelvesOf(layout);
    this.shelves.forEach((shelf, index) => shelf.slots.forEach((slot) => this.shelfOf.set(slot, index)));
  }

  /** The row an arrow key leads to; `row` itself when there is nothing that way, the first placed row from nowhere. */
  next(roster: Roster, row: number, direction: Direction): number {
    if (row < 0) return this.first(roster);
    const slot = roster.slot[row] ?? -1;
    if (!this.shelfOf.has(slot)) return nextUnplaced(roster, row, direction);
    for (let at = this.step(slot, direction); at >= 0; at = this.step(at, direction)) {
      const there = roster.rowAt(at);
      if (there >= 0 || at === slot) return there >= 0 ? there : row;
    }
    return row;
  }

  private first(roster: Roster): number {
    for (const shelf of this.shelves) {
      for (const slot of shelf.slots) if (roster.rowAt(slot) >= 0) return roster.rowAt(slot);
    }
    return roster.size > 0 ? 0 : -1;
  }

  /** The neighbouring slot, across to the next rack and round the box; -1 = above the top or below the bottom. */
  private step(slot: number, direction: Direction): number {
    const shelf = this.shelves[this.shelfOf.get(slot)!]!;
    const at = shelf.slots.indexOf(slot);
    if (direction === "up" || direction === "down") {
      const other = this.vertical(shelf, direction);
      return other ? other.slots[Math.min(at, other.slots.length - 1)]! : -1;
    }
    const along = shelf.slots[at + (direction === "right" ? 1 : -1)];
    if (along !== undefined) return along;
    const beside = this.beside(shelf, direction);
    return (direction === "right" ? beside.slots[0] : beside.slots.at(-1))!;
  }

  private vertical(from: Shelf, direction: "up" | "down"): Shelf | undefined {
    const sign = direction === "up" ? 1 : -1;
    const column = this.shelves.filter((one) => one.face === from.face && near(one.x, from.x));
    const beyond = column.filter((one) => sign * (one.y - from.y) > 1e-6);
    return beyond.sort((a, b) => sign * (a.y - b.y))[0];
  }

  /** The next rack's shelf at the nearest height. Past the last rack of a face comes the next face. */
  private beside(from: Shelf, direction: "left" | "right"): Shelf {
    const stacks = [...new Set(this.shelves.map((one) => `${one.face} ${one.x.toFixed(3)}`))];
    const here = stacks.indexOf(`${from.face} ${from.x.toFixed(3)}`);
    const there = stacks.at((here + (direction === "right" ? 1 : -1)) % stacks.length)!;
    const stack = this.shelves.filter((one) => `${one.face} ${one.x.toFixed(3)}` === there);
    return stack.sort((a, b) => Math.abs(a.y - from.y) - Math.abs(b.y - from.y))[0]!;
  }
}

/** Sorted by face, then left to right, then from the top down. */
function shelvesOf(layout: Layout): Shelf[] {
  const groups = new Map<string, number[]>();
  layout.slots.id.forEach((_, slot) => {
    const key = `${layout.slots.rack[slot]} ${layout.slots.shelf[slot]}`;
    groups.set(key, [...(groups.get(key) ?? []), slot]);
  });
  const shelves = [...groups.values()].map((slots) => shelfOf(layout, slots));
  return shelves.sort((a, b) => a.face.localeCompare(b.face) || a.x - b.x || b.y - a.y);
}

function shelfOf(layout: Layout, slots: number[]): Shelf {
  const yaw = layout.slots.yaw[slots[0]!]!;
  const right = (slot: number): number => {
    const [x, , z] = layout.slots.position[slot]!;
    return x * Math.cos(yaw) - z * Math.sin(yaw);
  };
  const sorted = [...slots].sort((a, b) => right(a) - right(b));
  const turn = Math.round((yaw * 180) / Math.PI);
  return {
    slots: sorted,
    y: layout.slots.position[sorted[0]!]![1],
    face: String((((turn % 360) + 360) % 360) + 1000), // 1000: so that text sorts as numbers do
    x: Math.round(right(sorted[0]!) * 100) / 100,
  };
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-6;
}

function nextUnplaced(roster: Roster, row: number, direction: Direction): number {
  const step = direction === "right" || direction === "down" ? 1 : -1;
  for (let at = row + step; at >= 0 && at < roster.size; at += step) {
    if (roster.known(at) && roster.slot[at]! < 0) return at;
  }
  return row;
}
