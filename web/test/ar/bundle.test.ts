// The self-survey: stickers that are off by millimetres are found to fractions of one, with their doubt; tape gives the scale.
import { describe, expect, test } from "vitest";
import { bundle, type Beliefs, type Bundle, type Tape, type View } from "../../src/ar/bundle";
import { toPixel, type Lens, type Point } from "../../src/ar/lens";
import { cross, multiply, plus, rotation, scaled, solve, times, type Vec3 } from "../../src/ar/linear";
import { solvePose } from "../../src/ar/pose";
import { dice, hang, HEIGHT, IDEAL, look, normal, WIDTH } from "./studio";

type Four<T> = readonly [T, T, T, T];
type Places = readonly Four<Vec3>[];

const BELIEFS: Beliefs = { pixel: 0.05, placed: 0.003, turned: 0.02, focal: 0.03, k1: 0.1, print: 0.005 };
const TRUE: Lens = { ...IDEAL, fx: IDEAL.fx * 1.015, fy: IDEAL.fy * 1.015, k1: 0.05 };

/** A face of racks: markers in two columns a rack, as they hang. */
function face(count: number): Places {
  return Array.from({ length: count }, (_, n) => hang(n, [0.55 * (n % 4), 0.22 * Math.floor(n / 4), 0]).places as unknown as Four<Vec3>);
}

function stuck(places: Places, random: () => number, print = 1): Places {
  return places.map((four) => {
    const middle = centre(four);
    const three = (by: number): Vec3 => [by * normal(random), by * normal(random), by * normal(random)];
    const turn = rotation(three(0.01)), shift = three(0.003);
    const moved = four.map((at) => plus(plus(middle, shift), scaled(times(turn, plus(at, scaled(middle, -1))), print)));
    return moved as unknown as Four<Vec3>;
  });
}

/** Views from all over before the face; corners off by `px`; first poses from the designed places. */
function walk(designed: Places, truth: Places, count: number, px: number, random: () => number): View[] {
  const views: View[] = [];
  const top = Math.max(...designed.map((four) => four[0][1]));
  for (let tries = 0; views.length < count && tries < 20 * count; tries++) {
    const at: Vec3 = [1.65 * random(), top * random(), 0];
    const pose = look(plus(at, [1.6 * (random() - 0.5), 1.2 * (random() - 0.5), 0.8 + 0.9 * random()]), at, 1.5 * (random() - 0.5));
    const sights = truth.flatMap((four, marker) => {
      const pixels = four.map((place): Point => {
        const [x, y, z] = plus(times(pose.r, place), pose.t);
        const [u, v] = toPixel(TRUE, [x / z, y / z]);
        return [u + px * normal(random), v + px * normal(random)];
      }) as unknown as Four<Point>;
      return pixels.every(([u, v]) => u > 0 && v > 0 && u < WIDTH && v < HEIGHT) ? [{ marker, pixels }] : [];
    });
    const seen = sights.map(({ marker, pixels }) => ({ places: designed[marker]!, pixels, information: null }));
    const first = seen.length < 3 ? null : solvePose(seen, IDEAL);
    if (first) views.push({ pose: first.pose, sights });
  }
  return views;
}

const centre = (four: Four<Vec3>): Vec3 => scaled(four.reduce<Vec3>(plus, [0, 0, 0]), 1 / 4);

/** The first and the last marker's distance with a tape that is right to 0.3 mm. */
function tape(truth: Places, random: () => number): Tape {
  const to = truth.length - 1;
  const distance = Math.hypot(...plus(centre(truth[to]!), scaled(centre(truth[0]!), -1)));
  return { from: 0, to, distance: distance + 0.0003 * normal(random), deviation: 0.0003 };
}

/** The worst distance of a corner from where it is, metres, after the best rigid motion of the whole. */
function worst(found: Places, truth: Places): number {
  let points = found.flat();
  const goals = truth.flat();
  for (let round = 0; round < 4; round++) {
    const a = new Float64Array(36), b = new Float64Array(6);
    points.forEach((p, n) => {
      const miss = plus(goals[n]!, scaled(p, -1));
      const ways = [...([[1, 0, 0], [0, 1, 0], [0, 0, 1]] as Vec3[]).map((axis) => cross(axis, p)), [1, 0, 0], [0, 1, 0], [0, 0, 1]];
      for (let i = 0; i < 6; i++) {
        for (let k = 0; k < 3; k++) b[i]! += ways[i]![k]! * miss[k]!;
        for (let j = 0; j < 6; j++) for (let k = 0; k < 3; k++) a[6 * i + j]! += ways[i]![k]! * ways[j]![k]!;
      }
    });
    const x = solve(a, b, 6)!;
    const turn = rotation([x[0]!, x[1]!, x[2]!]);
    points = points.map((p) => plus(times(turn, p), [x[3]!, x[4]!, x[5]!]));
  }
  return Math.max(...points.map((p, n) => Math.hypot(...plus(p, scaled(goals[n]!, -1)))));
}

const placesOf = (found: Bundle): Places => found.markers.map((each) => each.places);

describe("a survey", () => {
  test("stickers 3 mm off, focal 1.5 % off: 32 views and a tape find all to half a millimetre", () => {
    for (const seed of [1, 2, 3]) {
      const random = dice(seed);
      const designed = face(20), truth = stuck(designed, random);
      const found = bundle(designed, walk(designed, truth, 32, 0.05, random), IDEAL, BELIEFS, [tape(truth, random)])!;
      const [before, after] = [worst(designed, truth), worst(placesOf(found), truth)];
      console.info(`survey ${seed}: ${(1000 * before).toFixed(2)} -> ${(1000 * after).toFixed(3)} mm, focal ${(found.lens.fx / TRUE.fx - 1).toExponential(1)}, misfit ${found.misfit.toFixed(3)} px`);
      expect(before).toBeGreaterThan(0.004);
      expect(after).toBeLessThan(0.0005);
      expect(Math.abs(found.lens.fx / TRUE.fx - 1)).toBeLessThan(0.001);
      expect(found.misfit).toBeLessThan(0.07);
    }
  });

  test("corners without noise: the places themselves", () => {
    const random = dice(4);
    const designed = face(8), truth = stuck(designed, random);
    const found = bundle(designed, walk(designed, truth, 24, 0, random), IDEAL, { ...BELIEFS, pixel: 0.001, print: 1e-9 })!;
    expect(worst(placesOf(found), truth)).toBeLessThan(2e-5);
  });

  test("one sight that is wrong by 30 px does not bend the rest", () => {
    const random = dice(5);
    const designed = face(12), truth = stuck(designed, random);
    const views = walk(designed, truth, 30, 0.05, random).map((view, n) =>
      n !== 3 ? view : { ...view, sights: view.sights.map((sight, k) =>
        k > 0 ? sight : { ...sight, pixels: sight.pixels.map(([u, v]): Point => [u + 30, v]) as unknown as Four<Point> }) });
    expect(worst(placesOf(bundle(designed, views, IDEAL, BELIEFS)!), truth)).toBeLessThan(0.0005);
  });

  test("a print 0.4 % too small: a tape finds it", () => {
    const random = dice(6);
    const designed = face(12), truth = stuck(designed, random, 0.996);
    const views = walk(designed, truth, 30, 0.05, random);
    const found = bundle(designed, views, IDEAL, BELIEFS, [tape(truth, random)])!;
    expect(Math.abs(found.print - 0.996)).toBeLessThan(0.0005);
    expect(worst(placesOf(found), truth)).toBeLessThan(0.0006);
  });

  test("a marker that no view has stays as designed, and is said", () => {
    const random = dice(7);
    const designed = face(8), truth = stuck(designed, random);
    const views = walk(designed, truth, 24, 0.05, random).map((view) => ({ ...view, sights: view.sights.filter(({ marker }) => marker !== 5) }));
    const { markers } = bundle(designed, views, IDEAL, BELIEFS)!;
    expect(markers[5]!.views).toBe(0);
    markers[5]!.places.flat().forEach((each, n) => expect(each).toBeCloseTo(designed[5]!.flat()[n]!, 12));
    expect(markers[5]!.deviation).toBeGreaterThan(0.004);
    for (const [n, each] of markers.entries()) if (n !== 5) expect(each.deviation).toBeLessThan(markers[5]!.deviation / 1.5);
  });

  test("a first pose behind the markers is refused", () => {
    const random = dice(8);
    const designed = face(8);
    const [view] = walk(designed, designed, 1, 0, random);
    const turned = { ...view!, pose: { r: multiply(rotation([0, Math.PI, 0]), view!.pose.r), t: scaled(view!.pose.t, -1) } };
    expect(bundle(designed, [turned], IDEAL, BELIEFS)).toBeNull();
  });
});

test("fifty markers in a hundred views take two seconds at most", () => {
  const random = dice(9);
  const designed = face(50), truth = stuck(designed, random);
  const views = walk(designed, truth, 100, 0.05, random);
  const before = performance.now();
  const found = bundle(designed, views, IDEAL, BELIEFS)!;
  const used = (performance.now() - before) / 1000;
  console.info(`50 markers, ${views.length} views: ${used.toFixed(2)} s, worst ${(1000 * worst(placesOf(found), truth)).toFixed(3)} mm`);
  expect(worst(placesOf(found), truth)).toBeLessThan(0.001);
  expect(used).toBeLessThan(2);
});
