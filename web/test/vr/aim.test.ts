import { describe, expect, test } from "vitest";
import { decodeFrame } from "../../src/frame";
import { STATUSES } from "../../src/protocol.gen";
import { Places, type Place } from "../../src/scene/place";
import { State } from "../../src/state";
import { Aim, TOUCH } from "../../src/vr/aim";
import type { Point } from "../../src/vr/rig";
import { frameBytes, hello, layout, roster } from "../build";

const PLACE: Place = { x: 0, y: 0, z: 0, yaw: 0 };
const SLACK = 0.0015;

function world(): { state: State; places: Places; aim: Aim } {
  const state = new State();
  state.open(hello(), 0);
  state.seat(roster(14, { slot: [...Array(12).keys(), -1, 99] }));
  const rows = [...Array(14).keys()];
  const status = rows.map((row) => (row === 4 ? STATUSES.indexOf("lost") : 1));
  state.apply(decodeFrame(frameBytes({ rows, status })), 0);
  const places = new Places(layout());
  places.seat(state);
  return { state, places, aim: new Aim(places) };
}

/** A ray at the middle of a row's front from `away` metres, `slant` radians from the side and `down` from above. */
function shot(places: Places, state: State, row: number, away: number, slant: number, down: number): [Point, Point] {
  places.of(state, row, PLACE);
  const front = places.layout.pi[2] / 2;
  const at = { x: PLACE.x + Math.sin(PLACE.yaw) * front, y: PLACE.y, z: PLACE.z + Math.cos(PLACE.yaw) * front };
  const turned = PLACE.yaw + slant;
  const out = { x: Math.sin(turned) * Math.cos(down), y: Math.sin(down), z: Math.cos(turned) * Math.cos(down) };
  return [
    { x: at.x + away * out.x, y: at.y + away * out.y, z: at.z + away * out.z },
    { x: -out.x, y: -out.y, z: -out.z },
  ];
}

describe("a ray", () => {
  test("meets the Pi it is pointed at, also from far to the side and from above", () => {
    const { state, places, aim } = world();
    for (let row = 0; row < state.size; row++) {
      for (const [slant, down] of [[0, 0], [1.1, 0], [-1.1, 0.4], [0.5, -0.6]] as const) {
        const [from, direction] = shot(places, state, row, 1.2, slant, down);
        // Sunk and unplaced ones stand in nobody's way; a neighbour's face never covers another's from the front.
        const found = aim.ray(state, from, direction, -1, SLACK, { row: -1, along: 0 });
        if (row !== 4) expect(found.row).toBe(row);
        if (row !== 4) expect(found.along).toBeCloseTo(1.2, 6);
      }
    }
  });

  test("does not go through a board from behind, and misses what is behind the hand", () => {
    const { state, places, aim } = world();
    const [from, direction] = shot(places, state, 0, 1, 0, 0);
    const back = { x: -direction.x, y: -direction.y, z: -direction.z };
    expect(aim.ray(state, from, back, -1, SLACK, { row: 9, along: 9 }).row).toBe(-1);
    const inside = { x: from.x, y: from.y, z: 0 };
    expect(aim.ray(state, inside, back, -1, SLACK, { row: 9, along: 9 }).row).toBe(-1);
  });

  test("a lost Pi is met where it is drawn: sunk; the selected one drawn out", () => {
    const { state, places, aim } = world();
    const [from, direction] = shot(places, state, 4, 1, 0, 0);
    expect(aim.ray(state, from, direction, -1, SLACK, { row: -1, along: 0 }).along).toBeCloseTo(1.03, 6);
    const [other, straight] = shot(places, state, 2, 1, 0, 0);
    expect(aim.ray(state, other, straight, 2, SLACK, { row: -1, along: 0 }).along).toBeCloseTo(0.95, 6);
  });
});

describe("a finger", () => {
  test("touches the front it is nearest to, and nothing from further off", () => {
    const { state, places, aim } = world();
    for (let row = 0; row < 12; row++) {
      if (row === 4) continue;
      const [tip] = shot(places, state, row, 0.01, 0, 0);
      expect(aim.touch(state, tip, -1)).toBe(row);
      const [away] = shot(places, state, row, TOUCH + 0.04, 0, 0);
      expect(aim.touch(state, away, -1)).toBe(-1);
    }
  });
});
