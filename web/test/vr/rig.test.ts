import { describe, expect, test } from "vitest";
import { Grab, Rig, SCALES, type Point } from "../../src/vr/rig";

const HEAD = { x: 0.4, y: 1.6, z: -0.7 };

function point(x: number, y: number, z: number): Point {
  return { x, y, z };
}

function near(a: Point, b: Point, within = 1e-9): void {
  for (const axis of ["x", "y", "z"] as const) expect(Math.abs(a[axis] - b[axis])).toBeLessThan(within);
}

function moved(): Rig {
  const rig = new Rig();
  Object.assign(rig, { x: 1, y: 0.2, z: -2, yaw: 0.8, scale: 0.3 });
  return rig;
}

describe("where the cluster stands", () => {
  test("a point goes to the room and back", () => {
    const rig = moved();
    near(rig.toModel(rig.toRoom(point(0.1, 1.9, -0.6), point(0, 0, 0)), point(0, 0, 0)), point(0.1, 1.9, -0.6));
  });

  test("yaw turns +z towards +x, as in three", () => {
    const rig = new Rig();
    rig.yaw = Math.PI / 2;
    near(rig.toRoom(point(0, 0, 1), point(0, 0, 0)), point(1, 0, 0));
    near(rig.toModelDirection(point(1, 0, 0), point(0, 0, 0)), point(0, 0, 1));
  });

  test("turning left brings what was at the left in front, and keeps what is under the head", () => {
    const rig = moved();
    const under = rig.toModel(HEAD, point(0, 0, 0));
    const left = rig.toModel(point(HEAD.x - 1, 0, HEAD.z), point(0, 0, 0));
    rig.turn(Math.PI / 2, HEAD);
    near(rig.toRoom(under, point(0, 0, 0)), HEAD);
    near(rig.toRoom(left, point(0, 0, 0)), point(HEAD.x, 0, HEAD.z - 1)); // one looks along -z
  });

  test("after a jump the foot's place is under the head, and heights are as they were", () => {
    const rig = moved();
    const foot = rig.toModel(point(3, 0, 2), point(0, 0, 0));
    rig.teleport(point(3, 0, 2), HEAD);
    near(rig.toRoom(foot, point(0, 0, 0)), point(HEAD.x, 0, HEAD.z));
  });

  test("face puts the south side before the visitor, whichever way he looks", () => {
    for (const looks of [0, 1, -2.5]) {
      const rig = moved();
      rig.face(HEAD, looks, 2);
      const south = rig.toRoom(point(0, 1, 0.65), point(0, 0, 0));
      const north = rig.toRoom(point(0, 1, -0.65), point(0, 0, 0));
      const away = (at: Point): number => Math.hypot(at.x - HEAD.x, at.z - HEAD.z);
      expect(away(south)).toBeCloseTo(1.35, 9);
      expect(away(north)).toBeCloseTo(2.65, 9);
      expect(rig.trueSize).toBe(true);
    }
  });
});

describe("hands on it", () => {
  test("one hand carries it", () => {
    const rig = moved();
    const held = rig.toModel(point(0.2, 1, -0.4), point(0, 0, 0));
    const grab = new Grab(rig, [point(0.2, 1, -0.4)]);
    grab.move([point(0.5, 1.2, -0.1)]);
    near(rig.toRoom(held, point(0, 0, 0)), point(0.5, 1.2, -0.1));
    expect([rig.yaw, rig.scale]).toEqual([0.8, 0.3]);
  });

  test("what is under two hands stays under them while they turn, part and rise", () => {
    const rig = moved();
    const hands = [point(-0.2, 1, -0.4), point(0.2, 1, -0.4)];
    const held = hands.map((hand) => rig.toModel(hand, point(0, 0, 0)));
    const grab = new Grab(rig, hands);
    const then = [point(-0.1, 1.3, -0.8), point(0.3, 1.3, -0.1)];
    grab.move(then);
    held.forEach((model, i) => near(rig.toRoom(model, point(0, 0, 0)), then[i]!));
  });

  test("from life size to a table-top and no further", () => {
    const rig = new Rig();
    const grab = new Grab(rig, [point(-0.5, 1, 0), point(0.5, 1, 0)]);
    grab.move([point(-0.05, 1, 0), point(0.05, 1, 0)]);
    expect(rig.scale).toBeCloseTo(0.1, 9);
    grab.move([point(-0.011, 1, 0), point(0.011, 1, 0)]);
    expect(rig.scale).toBe(SCALES.least);
    grab.move([point(-3, 1, 0), point(3, 1, 0)]);
    expect(rig.scale).toBe(SCALES.most);
  });

  test("hands that meet, or stand one above the other, break nothing", () => {
    const rig = moved();
    const grab = new Grab(rig, [point(0, 1, 0), point(0, 1.5, 0)]);
    grab.move([point(0, 1, 0), point(0, 1, 0)]);
    grab.move([point(0, 1, 0), point(0, 1.25, 0)]);
    expect(rig.yaw).toBe(0.8);
    expect(rig.scale).toBeCloseTo(0.15, 9);
    for (const value of [rig.x, rig.y, rig.z]) expect(Number.isFinite(value)).toBe(true);
  });

  test("nearly life size on the floor becomes exactly that, a table-top stays", () => {
    const rig = new Rig();
    Object.assign(rig, { scale: 0.97, y: 0.05 });
    rig.settle();
    expect(rig.trueSize).toBe(true);
    Object.assign(rig, { scale: 0.1, y: 0.8 });
    rig.settle();
    expect([rig.scale, rig.y]).toEqual([0.1, 0.8]);
  });
});
