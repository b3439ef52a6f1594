import { expect, test } from "vitest";
import { Roster } from "../src/roster";
import { search } from "../src/search";
import { roster } from "./build";

function hundred(): Roster {
  const made = new Roster();
  made.apply(roster(100));
  return made;
}

test("part of an ip, an id or a mac finds a node", () => {
  expect(search(hundred(), "20.20.57").rows).toEqual([56]);
  expect(search(hundred(), "0.1-57").rows).toEqual([56]);
  expect(search(hundred(), "00:00:2a").rows).toEqual([42]);
});

test("a mac is found without colons, and in capitals", () => {
  expect(search(hundred(), "B827EB00002A").rows).toEqual([42]);
});

test("the whole name comes first, then beginnings, then the rest", () => {
  const { rows } = search(hundred(), "10.0.0.1-1");
  expect(rows[0]).toBe(0);
  expect(rows.slice(1)).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 99].slice(0, 11));
});

test("it says how many there are beyond the limit", () => {
  expect(search(hundred(), "172.20", 5)).toMatchObject({ rows: [0, 1, 2, 3, 4], total: 100 });
});

test("nothing typed finds nothing, nonsense neither", () => {
  expect(search(hundred(), "  ").total).toBe(0);
  expect(search(hundred(), "xyz").total).toBe(0);
});

test("a node without a place is found by its mac", () => {
  const made = new Roster();
  made.apply(roster(1, { id: ["b8:27:eb:aa:bb:cc"], mac: ["b8:27:eb:aa:bb:cc"], ip: [""], slot: [-1] }));
  expect(search(made, "aabbcc").rows).toEqual([0]);
});
