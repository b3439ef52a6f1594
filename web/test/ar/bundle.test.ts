// The self-survey: stickers that are off by millimetres are found to fractions of one, with their doubt; tape gives the scale.
import { describe, expect, test } from "vitest";
import { bundle, type Beliefs, type Bundle, type Tape, type View } from "../../src/ar/bundle";
import { toPixel, type Lens, type Point } from "../../src/ar/lens";
import { cross, multiply, plus, rotation, scaled, solve, times, type Vec3 } from "../../src/ar/linear";
import { solvePose, type Pose } from "../../src/ar/pose";
import { dice, hang, HEIGHT, IDEAL, look, normal, WIDTH } from "./studio";

type Four<T> = readonly [T, T, T, T];
type Places = readonly Four<Vec3>[];

const BELIEFS: Beliefs = { pixel: 0.05, placed: 0.003, turned: 0.02, focal: 0.03, k1: 0.1, k2: 0.05, centre: 20, print: 0.005 };
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
        const [u, v] = pixelOf(place, pose, TRUE);
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

/** The worst distance of a corner from where it is, metres, as it is. */
function off(found: Places, truth: Places): number {
  const goals = truth.flat();
  return Math.max(...found.flat().map((p, n) => Math.hypot(...plus(p, scaled(goals[n]!, -1)))));
}

function pixelOf(place: Vec3, pose: Pose, lens: Lens): Point {
  const [x, y, z] = plus(times(pose.r, place), pose.t);
  return toPixel(lens, [x / z, y / z]);
}

const centre = (four: Four<Vec3>): Vec3 => scaled(four.reduce<Vec3>(plus, [0, 0, 0]), 1 / 4);

/** The distance of the first and the last marker's first corners with a tape that is right to 0.3 mm. */
function tape(truth: Places, random: () => number): Tape {
  const to = truth.length - 1;
  const distance = Math.hypot(...plus(truth[to]![0], scaled(truth[0]![0], -1)));
  return { from: 0, to, corner: 0, distance: distance + 0.0003 * normal(random), deviation: 0.0003 };
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

const told = (found: Bundle): number => Math.max(...found.markers.map((each) => each.deviation));
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
      const among = Math.max(...found.markers.map((each) => each.among));
      expect(after).toBeLessThan(5 * among); // a corner, of eighty, against its marker's middle
      expect(among).toBeLessThan(0.0003);
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

  test("four markers that a ruler put right say where the whole is", () => {
    for (const seed of [11, 12, 13]) {
      const random = dice(seed);
      const designed = face(12);
      const pins = [0, 3, 8, 11].map((marker) => ({ marker, deviation: 0.0003 }));
      const truth = stuck(designed, random).map((four, m) => {
        if (!pins.some(({ marker }) => marker === m)) return four;
        const back = plus(centre(designed[m]!), scaled(centre(four), -1));
        const by: Vec3 = [0.0003 * normal(random), 0.0003 * normal(random), 0.0003 * normal(random)];
        return four.map((at) => plus(plus(at, back), by)) as unknown as Four<Vec3>;
      });
      const views = walk(designed, truth, 32, 0.05, random);
      const without = bundle(designed, views, IDEAL, BELIEFS, [tape(truth, random)])!;
      const found = bundle(designed, views, IDEAL, BELIEFS, [tape(truth, random)], pins)!;
      const [free, held] = [off(placesOf(without), truth), off(placesOf(found), truth)];
      console.info(`whole ${seed}: ${(1000 * free).toFixed(2)} (told ${(1000 * told(without)).toFixed(2)}) -> ${(1000 * held).toFixed(2)} mm (told ${(1000 * told(found)).toFixed(2)})`);
      expect(held).toBeLessThan(0.0007);
      expect(held).toBeLessThan(3 * told(found));
      expect(told(found)).toBeLessThan(told(without) / 2);
    }
  });

  test("a first pose behind the markers is refused", () => {
    const random = dice(8);
    const designed = face(8);
    const [view] = walk(designed, designed, 1, 0, random);
    const turned = { ...view!, pose: { r: multiply(rotation([0, Math.PI, 0]), view!.pose.r), t: scaled(view!.pose.t, -1) } };
    expect(bundle(designed, [turned], IDEAL, BELIEFS)).toBeNull();
  });
});

describe("a calibration", () => {
  test("sixteen views of the ruler's sheet from all sides: focal length, bends and the middle", () => {
    const random = dice(21);
    const lens: Lens = { ...IDEAL, fx: IDEAL.fx * 1.03, fy: IDEAL.fy * 1.03, cx: IDEAL.cx + 14, cy: IDEAL.cy - 9, k1: 0.06, k2: -0.03 };
    const sheet = ([[-0.07, 0.09], [0.07, 0.09], [-0.07, -0.09], [0.07, -0.09]] as const).map(([x, y], n) => hang(n, [x, y, 0], 0.04).places as unknown as Four<Vec3>);
    const views = Array.from({ length: 16 }, (_, n): View => {
      const angle = (n * Math.PI) / 4;
      const out = n < 8 ? 0.14 : 0.26;
      const pose = look([out * Math.cos(angle), out * Math.sin(angle), 0.32], [0.05 * Math.cos(3 * angle), 0.04 * Math.sin(3 * angle), 0], n % 2);
      const sights = sheet.map((four, marker) => ({ marker, pixels: four.map((place): Point => {
        const [u, v] = pixelOf(place, pose, lens);
        return [u + 0.05 * normal(random), v + 0.05 * normal(random)];
      }) as unknown as Four<Point> }));
      return { pose: solvePose(sights.map(({ marker, pixels }) => ({ places: sheet[marker]!, pixels, information: null })), IDEAL)!.pose, sights };
    });
    const sure: Beliefs = { pixel: 0.05, placed: 0.00005, turned: 0.001, focal: 0.1, k1: 0.2, k2: 0.2, centre: 40, print: 0.005 };
    const found = bundle(sheet, views, IDEAL, sure)!;
    console.info(`calibrated: focal ${(100 * (found.lens.fx / lens.fx - 1)).toFixed(3)} %, middle ${(found.lens.cx - lens.cx).toFixed(2)} ${(found.lens.cy - lens.cy).toFixed(2)} px, k1 ${found.lens.k1.toFixed(3)}, k2 ${found.lens.k2.toFixed(3)}, told ${(100 * found.doubt.focal).toFixed(3)} %`);
    expect(Math.abs(found.lens.fx / lens.fx - 1)).toBeLessThan(0.002);
    expect(Math.hypot(found.lens.cx - lens.cx, found.lens.cy - lens.cy)).toBeLessThan(3);
    expect(Math.abs(found.lens.k1 - lens.k1)).toBeLessThan(0.01);
    expect(found.doubt.focal).toBeLessThan(0.002);
    // As sure as it says: four times what it doubts is more than any luck.
    expect(Math.abs(Math.log(found.lens.fx / lens.fx))).toBeLessThan(4 * found.doubt.focal + 1e-5);
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
