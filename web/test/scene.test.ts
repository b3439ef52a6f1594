import { InstancedMesh, Mesh, PerspectiveCamera, Texture, Vector3 } from "three";
import { describe, expect, test } from "vitest";
import { decodeFrame } from "../src/frame";
import { STATUSES } from "../src/protocol.gen";
import { hullOf } from "../src/scene/box";
import { Mason } from "../src/scene/mason";
import { Marks } from "../src/scene/marks";
import { Nodes } from "../src/scene/nodes";
import { newLight, piPaint } from "../src/scene/paintwork";
import { Pace } from "../src/scene/pace";
import { Picker, type Pickable } from "../src/scene/pick";
import { Places, holdingExtent, holdingPlace, type Place } from "../src/scene/place";
import { buildRacks } from "../src/scene/racks";
import { crossShape, frameShape, lampShape, piShape } from "../src/scene/shapes";
import { State } from "../src/state";
import { frameBytes, hello, layout, roster } from "./build";

const NOW = 0;
const PLACE: Place = { x: 0, y: 0, z: 0, yaw: 0 };
const LIVE = { mode: "cpu", silent: false } as const;

/** Twelve placed nodes and two that nobody has placed; row 4 is lost. */
function world(): { state: State; places: Places; nodes: Nodes } {
  const state = new State();
  state.open(hello(), NOW);
  state.seat(roster(14, { slot: [...Array(12).keys(), -1, 99] }));
  const rows = [...Array(14).keys()];
  const status = rows.map((row) => (row === 4 ? STATUSES.indexOf("lost") : 1));
  state.apply(decodeFrame(frameBytes({ rows, cpu: rows, status, age: rows.map(() => 0), light: rows.flatMap(() => [0, 255, 0]) })), NOW);
  const places = new Places(layout());
  places.seat(state);
  const nodes = new Nodes(places, new Texture(), piPaint(newLight()));
  nodes.seat(state, -1);
  nodes.update(state, LIVE, NOW, -1, 0);
  return { state, places, nodes };
}

/** The row that is straight ahead when one looks at a place. */
function ahead(at: Place, state: State, places: Places, more: Partial<Pickable> = {}): number {
  return new Picker().pick(0, 0, eye(at), { state, places, selected: -1, cut: null, walls: null, ...more });
}

function eye(at: Place): PerspectiveCamera {
  const camera = new PerspectiveCamera(30, 1, 0.01, 10);
  camera.position.set(at.x + Math.sin(at.yaw) * 0.8, at.y, at.z + Math.cos(at.yaw) * 0.8);
  camera.lookAt(new Vector3(at.x, at.y, at.z));
  camera.updateMatrixWorld();
  return camera;
}

describe("picking", () => {
  test("every Pi, placed or not, is picked as its own row", () => {
    const { state, places } = world();
    for (let row = 0; row < state.size; row++) {
      places.of(state, row, PLACE);
      expect(ahead(PLACE, state, places)).toBe(row);
    }
  });

  test("between the Pis there is nobody", () => {
    const { state, places } = world();
    expect(ahead({ x: 0.01, y: 0.95, z: 0.3, yaw: 0 }, state, places)).toBe(-1);
  });

  test("nobody is picked through a wall, unless it is cut away", () => {
    const { state, places } = world();
    places.of(state, 1, PLACE);
    const wall = new Mesh(new Mason().box([0, 1, 0.6], [1, 1, 0.02], 0xffffff).build());
    expect(ahead(PLACE, state, places, { walls: wall })).toBe(-1);
    expect(ahead(PLACE, state, places, { walls: wall, cut: { x: 0, z: 1, w: 0.5, yaw: 0 } })).toBe(1);
    expect(ahead(PLACE, state, places, { cut: { x: 0, z: 1, w: 0.2, yaw: 0 } })).not.toBe(1); // it is cut away itself
  });

  test("a node that moved is picked where it is now", () => {
    const { state, places } = world();
    state.seat(roster(1, { version: 2, base: 1, id: ["x"], slot: [-1] }));
    places.seat(state);
    places.of(state, 0, PLACE);
    expect(ahead(PLACE, state, places)).toBe(0);
  });
});

describe("the instanced mesh", () => {
  test("has its colours in one buffer that the glow shares", () => {
    const { nodes } = world();
    const [pis, glow] = nodes.group.children as InstancedMesh[];
    expect(glow!.instanceColor).toBe(pis!.instanceColor);
    expect(glow!.instanceMatrix).toBe(pis!.instanceMatrix);
  });

  test("grows with the roster and keeps every node", () => {
    const { state, places, nodes } = world();
    state.seat(roster(3000, { version: 2 }));
    places.seat(state);
    nodes.seat(state, -1);
    expect(nodes.pis.count).toBe(3000);
    expect(nodes.group.children).toHaveLength(2);
    nodes.dispose();
  });

  test("draws the selected Pi out of its shelf and lets a lost one sink", () => {
    const { state, nodes } = world();
    nodes.seat(state, 1);
    const depth = (row: number): number => nodes.pis.instanceMatrix.array[16 * row + 14]!;
    expect(depth(1)).toBeGreaterThan(depth(0));
    expect(depth(4)).toBeLessThan(depth(0));
  });

  test("raises a node that came back", () => {
    const { state, nodes } = world();
    state.apply(decodeFrame(frameBytes({ kind: "delta", seq: 2, base: 1, rows: [4], status: [1], age: [0] })), NOW);
    nodes.update(state, LIVE, NOW, -1, 0);
    expect(nodes.pis.instanceMatrix.array[16 * 4 + 14]).toBeCloseTo(0.3);
  });

  test("shows a light as it is, and black for off", () => {
    const { nodes } = world();
    expect([...nodes.pis.geometry.getAttribute("shine").array.slice(0, 3)]).toEqual([0, 1, 0]);
  });
});

test("a lost node is crossed, a late one framed, a well one neither", () => {
  const { state, places } = world();
  const marks = new Marks(places);
  const [crosses, frames] = marks.group.children as [InstancedMesh, InstancedMesh];
  marks.update(state, NOW, 1, 3);
  expect([crosses.count, frames.count, frames.visible]).toEqual([1, 0, false]);
  marks.update(state, NOW + 20_000, 1, 3); // by now the silent ones are late
  expect([crosses.count, frames.count]).toEqual([1, 13]);
  marks.dispose();
});

test("a whole cluster may be lost", () => {
  const { state, places } = world();
  const rows = [...Array(500).keys()];
  state.seat(roster(500, { version: 2 }));
  places.seat(state);
  state.apply(decodeFrame(frameBytes({ seq: 2, rows, status: rows.map(() => 3) })), NOW);
  const marks = new Marks(places);
  marks.update(state, NOW, 1, 3);
  expect(Math.max(...(marks.group.children as InstancedMesh[]).map((mesh) => mesh.count))).toBe(500);
});

test("a Pi is at most 96 triangles", () => {
  expect(piShape().index!.count / 3).toBeLessThanOrEqual(96);
  for (const shape of [lampShape(), crossShape(), frameShape(0.02, 0.06)]) expect(shape.index!.count / 3).toBeLessThanOrEqual(96);
});

test("the holding area has room for all without two in one place, clear of the box", () => {
  const seen = new Set<string>();
  for (let index = 0; index < 1050; index++) {
    holdingPlace(layout(), index, PLACE);
    seen.add([PLACE.x, PLACE.y, PLACE.z].map((metres) => metres.toFixed(3)).join());
    expect(PLACE.x).toBeGreaterThan(layout().size[0] / 2 + 0.3);
  }
  expect(seen.size).toBe(1050);
  const { x, width } = holdingExtent(layout(), 1050);
  expect(PLACE.x).toBeLessThan(x + width / 2);
});

test("the box holds its racks, and the ironwork has finite corners", () => {
  const hull = hullOf(layout());
  expect(hull.roofed).toBe(false);
  expect([hull.width, hull.depth].every((metres, i) => metres >= [0.5, 0.7][i]!)).toBe(true);
  const [solid, lit] = [new Mason(), new Mason()];
  buildRacks(solid, lit, layout(), hull, new Map());
  for (const mason of [solid, lit]) expect([...mason.build().getAttribute("position").array].every(Number.isFinite)).toBe(true);
});

describe("the pace", () => {
  test("draws when asked, once", () => {
    const pace = new Pace();
    expect([pace.frame(0, false, false), pace.frame(16, false, false)]).toEqual([true, false]);
    pace.ask();
    expect(pace.frame(32, false, false)).toBe(true);
  });

  test("draws every frame of a flight", () => {
    const pace = new Pace();
    expect([0, 16, 32].map((now) => pace.frame(now, true, false))).toEqual([true, true, true]);
  });

  test("shimmers at twenty frames a second, not sixty", () => {
    const pace = new Pace();
    let drawn = 0;
    for (let now = 0; now < 1000; now += 16) drawn += Number(pace.frame(now, false, true));
    expect(drawn).toBeGreaterThan(14);
    expect(drawn).toBeLessThan(21);
  });

  test("stops shimmering on a machine that is too slow for it", () => {
    const pace = new Pace();
    for (let now = 0; now < 6000; now += 120) pace.frame(now, true, false);
    expect(pace.slow).toBe(true);
    expect([pace.frame(6100, false, true), pace.frame(6200, false, true)]).toEqual([false, false]);
  });
});
