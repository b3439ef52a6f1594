import { describe, expect, test } from "vitest";
import { Roster } from "../src/roster";
import { Moves, Selection, type Direction } from "../src/select";
import { layout, roster } from "./build";

// South, seen from the south: 0 1 2 over 3 4 5. North, seen from the north: 6 7 8 over 9 10 11.
const moves = new Moves(layout());

function full(): Roster {
  const made = new Roster();
  made.apply(roster(12));
  return made;
}

function walk(from: number, ...directions: Direction[]): number {
  return directions.reduce((row, direction) => moves.next(full(), row, direction), from);
}

describe("arrow keys", () => {
  test("lead along the shelf", () => expect([walk(0, "right"), walk(2, "left")]).toEqual([1, 1]));
  test("lead from shelf to shelf", () => expect([walk(1, "down"), walk(4, "up")]).toEqual([4, 1]));
  test("stop at the top and the bottom", () => expect([walk(1, "up"), walk(4, "down")]).toEqual([1, 4]));
  test("read the north side from the north", () => expect([walk(6, "right"), walk(7, "down")]).toEqual([7, 10]));
  test("lead round the corner at the same height", () => expect([walk(5, "right"), walk(9, "left")]).toEqual([9, 5]));
  test("lead all round and back", () => expect(walk(0, "right", "right", "right", "right", "right", "right")).toBe(0));
  test("begin with a placed node", () => expect(walk(-1, "right")).toBe(0));

  test("visit every node of a face", () => {
    const seen = new Set<number>();
    for (const start of [0, 3]) for (let i = 0, row = start; i < 12; i++, row = walk(row, "right")) seen.add(row);
    expect(seen.size).toBe(12);
  });
});

test("empty places are stepped over", () => {
  const made = new Roster();
  made.apply(roster(2, { slot: [0, 2] }));
  expect(moves.next(made, 0, "right")).toBe(1);
  expect(moves.next(made, 0, "down")).toBe(0);
});

test("alone, one stays where one is", () => {
  const made = new Roster();
  made.apply(roster(1));
  for (const direction of ["left", "right", "up", "down"] as const) expect(moves.next(made, 0, direction)).toBe(0);
});

test("in the holding area the arrows go through its nodes", () => {
  const made = new Roster();
  made.apply(roster(4, { slot: [-1, 0, -1, -1] }));
  expect(["right", "down", "left"].map((direction) => moves.next(made, 2, direction as Direction))).toEqual([3, 3, 0]);
  expect(moves.next(made, 3, "right")).toBe(3);
});

test("nobody is selected where nobody is", () => {
  expect(moves.next(new Roster(), -1, "left")).toBe(-1);
});

test("listeners hear of a change, and only of a change", () => {
  const [selection, heard] = [new Selection(), [] as string[]];
  selection.onChange((id) => heard.push(id));
  for (const id of ["a", "a", "b", ""]) selection.set(id);
  expect(heard).toEqual(["a", "b", ""]);
});
