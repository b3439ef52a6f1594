// The joint pose: exact from exact corners, the right one of two branches, weights that count, doubt that is said.
import { describe, expect, test } from "vitest";
import type { Lens, Point } from "../../src/ar/lens";
import { multiply, transposed, type Vec3 } from "../../src/ar/linear";
import { solvePose, type Pose, type Seen } from "../../src/ar/pose";
import { corners, dice, hang, IDEAL, look, normal, type Marker } from "./studio";

const FLAT = ([[-0.294, 0.111, 0], [0.287, 0, 0], [-0.294, -0.111, 0], [0.287, -0.155, 0]] as Vec3[]).map((at, n) => hang(n, at));
/** Two faces of a box: they see what one plane hides. */
const ROUND = [...FLAT.slice(0, 2), hang(8, [0.36, 0.05, -0.1], 0.08, Math.PI / 2)];
const BENT: Lens = { ...IDEAL, k1: 0.08, k2: -0.02 };

function seen(markers: readonly Marker[], pose: Pose, lens: Lens, px = 0, random = dice(5)): Seen[] {
  return markers.map((marker) => ({
    places: marker.places,
    pixels: corners(marker, pose, lens).map(([x, y]): Point => [x + px * normal(random), y + px * normal(random)]),
    information: null,
  }));
}

/** The same, with what is known of how far corners are off: `px` each. */
function sure(views: readonly Seen[], px: number): Seen[] {
  return views.map((each) => ({ ...each, information: new Float64Array(64).map((_, at) => (at % 9 === 0 ? 1 / px ** 2 : 0)) }));
}

/** How far one pose is from another: radians, metres. */
function apart(one: Pose, other: Pose): readonly [number, number] {
  const turn = multiply(one.r, transposed(other.r));
  const sine = Math.hypot(turn[7]! - turn[5]!, turn[2]! - turn[6]!, turn[3]! - turn[1]!) / 2;
  return [Math.atan2(sine, (turn[0]! + turn[4]! + turn[8]! - 1) / 2), Math.hypot(...one.t.map((each, n) => each - other.t[n]!))];
}

const EYES: Vec3[] = [[0, 0, 1], [0.5, 0.3, 0.9], [-0.8, -0.2, 0.7], [0.1, 0.6, 1.8], [0.02, 0.01, 3]];

describe("from exact corners", () => {
  test.each(EYES.flatMap((eye) => [["four on a plane", FLAT, eye], ["one", FLAT.slice(0, 1), eye]] as const))("%s: the pose itself", (_, markers, eye) => {
    for (const lens of [IDEAL, BENT]) {
      const truth = look(eye, [0, 0, 0], 0.2);
      const found = solvePose(seen(markers, truth, lens), lens)!;
      const [turn, shift] = apart(found.pose, truth);
      expect(turn).toBeLessThan(1e-6);
      expect(shift).toBeLessThan(1e-6);
    }
  });

  test("markers on two faces", () => {
    const truth = look([1, 0.2, 0.8], [0.1, 0, 0], -0.1);
    expect(apart(solvePose(seen(ROUND, truth, IDEAL), IDEAL)!.pose, truth)[1]).toBeLessThan(1e-6);
  });

  test("upside down, and seen from the side by 75 degrees", () => {
    for (const truth of [look([0, 0, 1], [0, 0, 0], Math.PI), look([1.2, 0, 0.32], [0, 0, 0])]) {
      expect(apart(solvePose(seen(FLAT, truth, IDEAL), IDEAL)!.pose, truth)[0]).toBeLessThan(1e-6);
    }
  });
});

describe("from corners that are off", () => {
  test("four markers never take the wrong branch", () => {
    const random = dice(9);
    for (let n = 0; n < 60; n++) {
      const truth = look([(random() - 0.5) * 1.5, (random() - 0.5), 0.7 + 1.3 * random()], [0, 0, 0], random() - 0.5);
      const found = solvePose(seen(FLAT, truth, IDEAL, 0.3, random), IDEAL)!;
      expect(apart(found.pose, truth)[0]).toBeLessThan(0.02);
    }
  });

  test("one marker alone takes the wrong one at times, and then says that it may be either", () => {
    const random = dice(10);
    let wrong = 0;
    for (let n = 0; n < 120; n++) {
      const truth = look([0.5, 0.2, 2], [0, 0, 0]);
      const found = solvePose(sure(seen([hang(1, [0, 0, 0])], truth, IDEAL, 0.5, random), 0.5), IDEAL)!;
      if (apart(found.pose, truth)[0] < 0.25) continue;
      wrong++;
      expect(found.lead).toBeLessThan(12);
    }
    expect(wrong).toBeGreaterThan(0);
    expect(wrong).toBeLessThan(60);
    const near = look([0.4, 0.1, 0.5], [0, 0, 0]);
    expect(solvePose(sure(seen([hang(1, [0, 0, 0])], near, IDEAL, 0.02), 0.02), IDEAL)!.lead).toBeGreaterThan(100);
  });

  test("a marker that is sure counts for more than one that is not", () => {
    const truth = look([0.2, 0.1, 1], [0, 0, 0]);
    const markers = seen(FLAT, truth, IDEAL);
    const spoilt = markers.map((each, n): Seen => ({
      ...each,
      pixels: n === 0 ? each.pixels.map(([x, y]): Point => [x + 3, y - 2]) : each.pixels,
      information: new Float64Array(64).map((_, at) => (at % 9 === 0 ? (n === 0 ? 1e-2 : 1e4) : 0)),
    }));
    expect(apart(solvePose(spoilt, IDEAL)!.pose, truth)[1]).toBeLessThan(1e-4);
    const alike = spoilt.map((each) => ({ ...each, information: null }));
    expect(apart(solvePose(alike, IDEAL)!.pose, truth)[1]).toBeGreaterThan(5e-4);
  });

  test("its covariance is that of many tries, its misfit 1", () => {
    const truth = look([0.4, 0.1, 1.1], [0, 0, 0]);
    const random = dice(12);
    const px = 0.2;
    const off = [0, 0, 0];
    let misfit = 0;
    let said: readonly number[] = [];
    const tries = 150;
    for (let n = 0; n < tries; n++) {
      const found = solvePose(sure(seen(FLAT, truth, IDEAL, px, random), px), IDEAL)!;
      for (let k = 0; k < 3; k++) off[k]! += (found.pose.t[k]! - truth.t[k]!) ** 2 / tries;
      misfit += found.misfit / tries;
      said = [3, 4, 5].map((k) => found.covariance[k * 9 + k]!);
    }
    said.forEach((each, k) => {
      expect(off[k]! / each).toBeGreaterThan(0.6);
      expect(off[k]! / each).toBeLessThan(1.6);
    });
    expect(misfit).toBeGreaterThan(0.6); // 32 numbers less 6 that were fitted
    expect(misfit).toBeLessThan(1);
  });
});

describe("what may give way", () => {
  test("a focal length that was said 2 % wrong, and a k1, are found when they are free", () => {
    const truth = look([0.5, 0.15, 0.9], [0, 0, 0]);
    const real: Lens = { ...IDEAL, fx: IDEAL.fx * 1.02, fy: IDEAL.fy * 1.02, k1: 0.06 };
    const views = sure(seen(FLAT, truth, real), 0.01);
    const free = solvePose(views, IDEAL, { focal: 0.05, k1: 0.2, placed: 0 })!;
    expect(free.lens.fx / real.fx).toBeCloseTo(1, 3);
    expect(free.lens.k1).toBeCloseTo(0.06, 2);
    expect(free.misfit).toBeLessThan(0.1);
    const fixed = solvePose(views, IDEAL)!;
    expect(fixed.lens).toEqual(IDEAL);
    expect(fixed.misfit).toBeGreaterThan(100);
    expect(fixed.covariance[6 * 9 + 6]).toBe(0);
  });

  test("cards that may hang a millimetre off make it less sure, not wrong", () => {
    const truth = look([0.2, 0.1, 1], [0, 0, 0]);
    const firm = solvePose(seen(FLAT, truth, IDEAL), IDEAL)!;
    const loose = solvePose(seen(FLAT, truth, IDEAL), IDEAL, { focal: 0, k1: 0, placed: 0.002 })!;
    expect(apart(loose.pose, truth)[1]).toBeLessThan(1e-6);
    expect(loose.covariance[3 * 9 + 3]!).toBeGreaterThan(2 * firm.covariance[3 * 9 + 3]!);
  });
});

test("nothing in view, or what cannot be, is null", () => {
  expect(solvePose([], IDEAL)).toBeNull();
  const truth = look([0, 0, 1], [0, 0, 0]);
  const point = seen(FLAT.slice(0, 1), truth, IDEAL).map((each) => ({ ...each, pixels: each.pixels.map((): Point => [5, 5]) }));
  expect(solvePose(point, IDEAL)).toBeNull();
});
