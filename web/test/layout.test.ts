import { expect, test } from "vitest";
import { LayoutError } from "../src/errors";
import { parseLayout } from "../src/layout";
import { layoutJson } from "./build";

test("a layout is read into columns", () => {
  const layout = parseLayout(layoutJson());
  expect(layout.slots.id).toHaveLength(12);
  expect(layout.slots.position[0]).toEqual([-0.02, 1, 0.3]);
  expect(layout.switches[0]).toMatchObject({ name: "south", rack: "south" });
});

test.each([
  ["the file", null],
  ["version", { ...layoutJson(), version: 2 }],
  ["size", { ...layoutJson(), size: [1, 2] }],
  ["pi", { ...layoutJson(), pi: ["a", 1, 2] }],
  ["slots.port", { ...layoutJson(), slots: { ...(layoutJson()["slots"] as object), port: [1] } }],
  ["slots.yaw[0]", { ...layoutJson(), slots: { ...(layoutJson()["slots"] as object), yaw: [NaN] } }],
  ["racks[0].name", { ...layoutJson(), racks: [{}] }],
])("what is wrong is named: %s", (key, value) => {
  expect(() => parseLayout(value)).toThrow(LayoutError);
  expect(() => parseLayout(value)).toThrow(key);
});
