import { PerspectiveCamera } from "three";
import { describe, expect, test } from "vitest";
import { decodeFrame } from "../src/frame";
import { beyond, cutBehind, rackFacing } from "../src/scene/cut";
import { BOX, back, nameOf, nearer, pathTo, sightOf, type Focus } from "../src/scene/focus";
import { LABELS, Namer, type Seen } from "../src/scene/labels";
import { Places } from "../src/scene/place";
import { State } from "../src/state";
import { frameBytes, hello, layout, roster } from "./build";

const NODE = { kind: "node" } as Focus;
const rack = (name: string): Focus => ({ kind: "rack", rack: name });
const shelf = (at: number): Focus => ({ kind: "shelf", shelf: at });

describe("the way to a Pi", () => {
  test("leads from the box over its rack and its shelf", () => {
    expect(pathTo(layout(), 4)).toEqual([BOX, rack("south"), shelf(1)]);
    expect(pathTo(layout(), -1)).toEqual([BOX]);
    expect(pathTo(layout(), 4).map(nameOf)).toEqual(["Box", "South", "Shelf 2"]);
  });

  test("goes a step nearer at a time", () => {
    const steps: Focus[] = [BOX];
    for (let i = 0; i < 4; i++) steps.push(nearer(layout(), steps.at(-1)!, 4));
    expect(steps).toEqual([BOX, rack("south"), shelf(1), NODE, NODE]);
  });

  test("goes over what it does not know yet: another rack first, another shelf of the same rack at once", () => {
    expect(nearer(layout(), rack("north"), 4)).toEqual(rack("south"));
    expect(nearer(layout(), shelf(3), 4)).toEqual(rack("south"));
    expect(nearer(layout(), shelf(0), 4)).toEqual(shelf(1));
    expect(nearer(layout(), BOX, -1)).toEqual(NODE); // who has no place has no rack
  });

  test("goes back the same way", () => {
    const steps: Focus[] = [NODE];
    for (let i = 0; i < 4; i++) steps.push(back(layout(), steps.at(-1)!, 4));
    expect(steps).toEqual([NODE, shelf(1), rack("south"), BOX, BOX]);
  });
});

describe("what a view must hold", () => {
  test("is the front of a rack, or of a shelf", () => {
    const south = sightOf(layout(), rack("south"))!;
    expect([south.target, south.yaw]).toEqual([[0, 0.95, 0.35], 0]);
    expect(south.across).toBeGreaterThan(0.5);
    const one = sightOf(layout(), shelf(2))!;
    expect(one.yaw).toBe(Math.PI);
    expect(one.target[2]).toBeCloseTo(-0.3 - 0.0425);
    expect(one.across).toBeGreaterThan(0.04 + 0.017);
  });

  test("is nothing for what is not there", () => {
    for (const focus of [rack("west"), shelf(99), shelf(-1)]) expect(sightOf(layout(), focus)).toBeNull();
  });
});

describe("cut open", () => {
  test("behind a rack, what is in front stays and what is behind goes", () => {
    const [south, north] = layout().racks;
    const cut = cutBehind(layout(), south!);
    expect(layout().slots.position.map(([x, , z]) => beyond(cut, { x, z }))).toEqual(Array.from({ length: 12 }, (_, slot) => slot >= 6));
    const other = cutBehind(layout(), north!);
    expect(layout().slots.position.map(([x, , z]) => beyond(other, { x, z }))).toEqual(Array.from({ length: 12 }, (_, slot) => slot < 6));
  });

  test("is the side that is looked at", () => {
    expect(rackFacing(layout(), { x: 0.5, z: 3 })!.name).toBe("south");
    expect(rackFacing(layout(), { x: 0.5, z: -3 })!.name).toBe("north");
  });
});

describe("names that appear from near", () => {
  const state = new State();
  state.open(hello(), 0);
  state.seat(roster(12));
  state.apply(decodeFrame(frameBytes({ rows: [...Array(12).keys()] })), 0);
  const places = new Places(layout());
  places.seat(state);

  function seen(z: number, more: Partial<Seen> = {}): string[] {
    const camera = new PerspectiveCamera(50, 2, 0.01, 10);
    camera.position.set(0, 0.95, z);
    camera.lookAt(0, 0.95, 0);
    camera.updateMatrixWorld();
    const namer = new Namer(places);
    const count = namer.name(state, { camera, width: 800, height: 400, selected: -1, cut: null, ...more });
    const found = namer.found.slice(0, count);
    for (const { x, y } of found) expect(x >= 0 && x <= 800 && y >= 0 && y <= 400).toBe(true);
    return found.map(({ text }) => text);
  }

  test("are the switches first, then the Pis by their ports; of the side that is seen", () => {
    expect(seen(6)).toEqual([]);
    expect(seen(2)).toEqual(["south"]);
    expect(seen(0.9)).toEqual(["south", "1", "2", "3", "4", "5", "6"]);
    expect(seen(-0.9)).toEqual(["north", "7", "8", "9", "10", "11", "12"]);
  });

  test("are of the side that is left when it is cut open and seen from behind", () => {
    const south = cutBehind(layout(), layout().racks[0]!);
    expect(seen(-0.5, { cut: south })).toEqual(["south", "1", "2", "3", "4", "5", "6"]);
  });

  test("have the chosen Pi with its whole name, from further away", () => {
    expect(seen(2, { selected: 1 })).toEqual(["south", "10.0.0.1-2"]);
  });

  test("are never more than there is room for", () => {
    const crowd = new State();
    crowd.open(hello(), 0);
    crowd.seat(roster(900, { slot: Array(900).fill(-1) })); // all in the holding area
    const there = new Places(layout());
    there.seat(crowd);
    const camera = new PerspectiveCamera(90, 2, 0.01, 10);
    camera.position.set(layout().size[0] / 2 + 0.7, 0.7, layout().size[2] / 4 + 0.6);
    camera.lookAt(camera.position.x, 0.7, 0);
    camera.updateMatrixWorld();
    const count = new Namer(there).name(crowd, { camera, width: 800, height: 400, selected: -1, cut: null });
    expect(count).toBe(LABELS);
  });
});
