import { describe, expect, test } from "vitest";
import { ARC_POINTS, free, jump, type Landing } from "../../src/vr/jump";
import { Rig } from "../../src/vr/rig";
import { Stick } from "../../src/vr/sticks";

const FRAME = 1 / 90;
const nowhere = (): Landing => ({ at: { x: 0, y: 0, z: 0 }, good: false });

describe("a jump", () => {
  test("lands on the floor where the arc ends, and begins at the hand", () => {
    const arc = new Float32Array(3 * ARC_POINTS);
    const landing = jump({ x: 0.2, y: 1.2, z: 0 }, { x: 0, y: Math.SQRT1_2, z: -Math.SQRT1_2 }, arc, nowhere());
    expect([...arc.slice(0, 3)]).toEqual([Math.fround(0.2), Math.fround(1.2), 0]);
    const end = [...arc.slice(-3)];
    expect(end[1]).toBeCloseTo(0, 5);
    expect(end[0]).toBeCloseTo(landing.at.x, 5);
    expect(end[2]).toBeCloseTo(landing.at.z, 5);
    expect(landing.good).toBe(true);
    expect(Math.hypot(landing.at.x, landing.at.z)).toBeGreaterThan(4);
  });

  test("straight down is where one stands; a hand under the floor does no harm", () => {
    const arc = new Float32Array(3 * ARC_POINTS);
    expect(jump({ x: 1, y: 1, z: 2 }, { x: 0, y: -1, z: 0 }, arc, nowhere()).at).toEqual({ x: 1, y: 0, z: 2 });
    const low = jump({ x: 1, y: -0.1, z: 2 }, { x: 0, y: -1, z: 0 }, arc, nowhere());
    expect(low.at.x).toBe(1);
    expect([...arc].every(Number.isFinite)).toBe(true);
  });

  test("never into the racks of the life-size cluster, wherever it was moved; a small one is no obstacle", () => {
    const rig = new Rig();
    rig.x = 5;
    rig.yaw = 1;
    expect(free({ x: 5, y: 0, z: 0 }, rig, { x: 0.6, z: 0.6 })).toBe(false);
    expect(free({ x: 0, y: 0, z: 0 }, rig, { x: 0.6, z: 0.6 })).toBe(true);
    rig.scale = 0.1;
    expect(free({ x: 5, y: 0, z: 0 }, rig, { x: 0.6, z: 0.6 })).toBe(true);
  });
});

describe("a stick", () => {
  test("turns smoothly, slower near the middle, not at all at rest", () => {
    const stick = new Stick();
    expect(stick.turn(0.1, FRAME, false)).toBe(0);
    const full = stick.turn(1, FRAME, false);
    expect(full).toBeCloseTo((-100 * Math.PI) / 180 / 90, 6);
    expect(Math.abs(stick.turn(0.6, FRAME, false))).toBeLessThan(0.5 * Math.abs(full));
    expect(stick.turn(-1, FRAME, false)).toBeCloseTo(-full, 9);
  });

  test("a frame that hung does not fling the room", () => {
    expect(Math.abs(new Stick().turn(1, 3, false))).toBeLessThan(0.1);
  });

  test("in steps: one for each push", () => {
    const stick = new Stick();
    expect(stick.turn(1, FRAME, true)).toBeCloseTo(-Math.PI / 6, 9);
    expect(stick.turn(1, FRAME, true)).toBe(0);
    expect(stick.turn(0, FRAME, true)).toBe(0);
    expect(stick.turn(-1, FRAME, true)).toBeCloseTo(Math.PI / 6, 9);
  });

  test("forward aims, letting go jumps once, and nothing turns meanwhile", () => {
    const stick = new Stick();
    expect(stick.jumps(0, -0.9)).toBe(false);
    expect(stick.aiming).toBe(true);
    expect(stick.turn(0.9, FRAME, false)).toBe(0);
    expect(stick.jumps(0, -0.5)).toBe(false);
    expect(stick.jumps(0, 0)).toBe(true);
    expect(stick.jumps(0, 0)).toBe(false);
    stick.jumps(0, -1);
    stick.reset();
    expect(stick.jumps(0, 0)).toBe(false);
  });
});
