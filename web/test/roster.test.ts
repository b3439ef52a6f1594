import { expect, test } from "vitest";
import { Roster } from "../src/roster";
import { roster } from "./build";

function seated(): Roster {
  const made = new Roster();
  made.apply(roster(3));
  return made;
}

test("a node is found by id, by mac and by place", () => {
  const made = seated();
  expect([made.rowOf("10.0.0.1-2"), made.rowOf("b8:27:eb:00:00:02"), made.rowAt(1)]).toEqual([1, 2, 1]);
  expect([made.rowOf("nobody"), made.rowOf(""), made.rowAt(9)]).toEqual([-1, -1, -1]);
});

test("a change moves a node and frees its old name and place", () => {
  const made = seated();
  const change = { version: 2, base: 1, row: [0], id: ["10.0.0.9-1"], mac: ["b8:27:eb:00:00:00"], ip: [""], slot: [7] };
  expect(made.apply(roster(1, change))).toBe(true);
  expect([made.rowAt(0), made.rowAt(7), made.rowOf("10.0.0.1-1"), made.rowOf("10.0.0.9-1")]).toEqual([-1, 0, -1, 0]);
});

test("two that swap places end up right, in either order", () => {
  const made = seated();
  made.apply(roster(2, { version: 2, base: 1, id: ["10.0.0.1-2", "10.0.0.1-1"], slot: [1, 0] }));
  expect([made.rowAt(0), made.rowAt(1), made.rowOf("10.0.0.1-1"), made.rowOf("10.0.0.1-2")]).toEqual([1, 0, 1, 0]);
});

test("a missing version is refused, a repeated one is nothing new", () => {
  const made = seated();
  expect(made.apply(roster(1, { version: 9, base: 8 }))).toBe(false);
  expect(made.apply(roster(1, { version: 1, base: 1, slot: [5] }))).toBe(true);
  expect(made.rowAt(5)).toBe(-1);
});

test("a full roster replaces everything", () => {
  const made = seated();
  made.apply(roster(1, { version: 5 }));
  expect([made.size, made.rowAt(2)]).toEqual([1, -1]);
});

test("rows in between that were never named are nobody", () => {
  const made = new Roster();
  made.apply(roster(0, { row: [4], id: ["x-1"], mac: ["m"], ip: [""], slot: [-1] }));
  expect([made.size, made.known(2), made.known(4), made.slot[2]]).toEqual([5, false, true, -1]);
});
