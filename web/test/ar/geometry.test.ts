// Lens, map between planes and small linear algebra: against exact cases and against each other.
import { describe, expect, test } from "vitest";
import { apply, fit, slope } from "../../src/ar/homography";
import { toIdeal, toPixel, type Lens, type Point } from "../../src/ar/lens";
import { between, cholesky, inverse3, inverseOf, multiply, rotation, solve, substitute, times, transposed, type Mat3 } from "../../src/ar/linear";
import { dice, IDEAL, normal } from "./studio";

const PHONE: Lens = { fx: 1450, fy: 1447, cx: 955, cy: 541, k1: 0.09, k2: -0.03 };
const BARREL: Lens = { ...IDEAL, k1: -0.2, k2: 0.05 };

describe("lens", () => {
  test.each([["ideal", IDEAL], ["phone", PHONE], ["barrel", BARREL]] as const)("%s: pixel -> ideal -> pixel, over the whole picture", (_, lens) => {
    for (let x = 0; x < 1920; x += 160) {
      for (let y = 0; y < 1080; y += 120) {
        const [u, v] = toPixel(lens, toIdeal(lens, [x, y]));
        expect(Math.hypot(u - x, v - y)).toBeLessThan(1e-6);
      }
    }
  });

  test("k1 below 0 draws the edges inwards, above 0 outwards, and the middle stays", () => {
    const at: Point = [0.5, 0.3];
    const from = (lens: Lens): number => Math.hypot(toPixel(lens, at)[0] - lens.cx, toPixel(lens, at)[1] - lens.cy);
    expect(from(BARREL)).toBeLessThan(from(IDEAL));
    expect(from({ ...IDEAL, k1: 0.1 })).toBeGreaterThan(from(IDEAL));
    expect(toPixel(BARREL, [0, 0])).toEqual([BARREL.cx, BARREL.cy]);
  });
});

describe("the map between planes", () => {
  const TRUE: Mat3 = [0.11, -0.02, 0.3, 0.015, 0.09, -0.2, 0.04, -0.05, 1];
  const square: Point[] = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]];

  test("four pairs give it back", () => {
    const found = fit(square, square.map((each) => apply(TRUE, each)))!;
    found.forEach((each, n) => expect(each).toBeCloseTo(TRUE[n]!, 12));
  });

  test("many noisy pairs give it better than four", () => {
    const random = dice(3);
    const shake = ([x, y]: Point): Point => [x + 1e-4 * normal(random), y + 1e-4 * normal(random)];
    const many = Array.from({ length: 400 }, (): Point => [random() - 0.5, random() - 0.5]);
    const error = (points: readonly Point[]): number => {
      const found = fit(points, points.map((each) => shake(apply(TRUE, each))))!;
      return Math.max(...square.map((each) => Math.hypot(apply(found, each)[0] - apply(TRUE, each)[0], apply(found, each)[1] - apply(TRUE, each)[1])));
    };
    const mean = (points: readonly Point[]): number => Array.from({ length: 20 }, () => error(points)).reduce((a, b) => a + b) / 20;
    expect(mean(many)).toBeLessThan(mean(square) / 3);
  });

  test("pixels far from the origin do not spoil it", () => {
    const pixels = square.map((each): Point => { const [x, y] = apply(TRUE, each); return [1e5 + 1000 * x, 2e5 + 1000 * y]; });
    const found = fit(square, pixels)!;
    square.forEach((each, n) => expect(Math.hypot(apply(found, each)[0] - pixels[n]![0], apply(found, each)[1] - pixels[n]![1])).toBeLessThan(1e-6));
  });

  test("its slope is that of small steps", () => {
    const at: Point = [0.3, -0.4], h = 1e-6;
    const [xx, xy, yx, yy] = slope(TRUE, at);
    const step = (du: number, dv: number): Point => {
      const [a, b] = apply(TRUE, [at[0] + du, at[1] + dv]), [c, d] = apply(TRUE, [at[0] - du, at[1] - dv]);
      return [(a - c) / (2 * h), (b - d) / (2 * h)];
    };
    expect([xx, yx].map((each, n) => Math.abs(each - step(h, 0)[n]!)).every((off) => off < 1e-8)).toBe(true);
    expect([xy, yy].map((each, n) => Math.abs(each - step(0, h)[n]!)).every((off) => off < 1e-8)).toBe(true);
  });

  test.each([
    ["three pairs", square.slice(0, 3)],
    ["one point four times", [square[0]!, square[0]!, square[0]!, square[0]!]],
    ["four on a line", [[0, 0], [1, 1], [2, 2], [3, 3]] as Point[]],
  ])("%s determine none", (_, points) => {
    expect(fit(points, points)).toBeNull();
  });
});

describe("linear", () => {
  const A = Float64Array.from([4, 2, 0.6, 2, 5, 1.2, 0.6, 1.2, 3]);

  test("Cholesky, elimination and the inverse solve the same system alike", () => {
    const factor = A.slice();
    expect(cholesky(factor, 3)).toBe(true);
    const x = Float64Array.from([1, -2, 3]);
    substitute(factor, x, 3);
    const y = solve(A, Float64Array.from([1, -2, 3]), 3)!;
    const inverse = inverseOf(A, 3)!;
    const z = [0, 1, 2].map((i) => inverse[3 * i]! - 2 * inverse[3 * i + 1]! + 3 * inverse[3 * i + 2]!);
    for (let n = 0; n < 3; n++) {
      expect(y[n]).toBeCloseTo(x[n]!, 12);
      expect(z[n]).toBeCloseTo(x[n]!, 12);
      expect([0, 1, 2].reduce((sum, k) => sum + A[3 * n + k]! * x[k]!, 0)).toBeCloseTo([1, -2, 3][n]!, 12);
    }
  });

  test("what has no inverse is said", () => {
    expect(cholesky(Float64Array.from([1, 2, 2, 1]), 2)).toBe(false);
    expect(cholesky(Float64Array.from([NaN, 0, 0, 1]), 2)).toBe(false);
    expect(solve(Float64Array.from([1, 2, 2, 4]), Float64Array.from([1, 1]), 2)).toBeNull();
    expect(inverse3([1, 2, 3, 2, 4, 6, 0, 0, 1])).toBeNull();
  });

  test("a rotation keeps lengths, its transpose undoes it, and between leads from one to the other", () => {
    const turn = rotation([0.3, -0.8, 1.1]);
    multiply(turn, transposed(turn)).forEach((each, n) => expect(each).toBeCloseTo(n % 4 === 0 ? 1 : 0, 12));
    const [x, y, z] = times(rotation([0, Math.PI / 2, 0]), [0, 0, 1]);
    expect([x, y, z].map((each) => Math.round(each * 1e9) / 1e9 + 0)).toEqual([1, 0, 0]);
    const to = times(turn, [0, 0, 1]);
    times(between([0, 0, 1], to), [0, 0, 1]).forEach((each, n) => expect(each).toBeCloseTo(to[n]!, 12));
    const undone = multiply(inverse3(turn)!, turn);
    undone.forEach((each, n) => expect(each).toBeCloseTo(n % 4 === 0 ? 1 : 0, 12));
  });
});
