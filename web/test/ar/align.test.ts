// The alignment of one marker: from corners a pixel or two off to hundredths of a pixel, and how sure it says it is.
import { describe, expect, test } from "vitest";
import { align, type Aligned } from "../../src/ar/align";
import { apply } from "../../src/ar/homography";
import { toPixel, type Lens, type Point } from "../../src/ar/lens";
import { CORNERS } from "../../src/ar/symbol";
import { Templates } from "../../src/ar/template";
import { code, corners, dice, hang, IDEAL, look, normal, photograph, type Weather } from "./studio";

const MARKER = hang(5, [0.01, 0.02, 0]);
const TEMPLATES = new Templates(MARKER.rows);
const CLEAR: Weather = { blur: 0.8, noise: 2 };
const BENT: Lens = { ...IDEAL, k1: 0.08, k2: -0.03 };

interface View { picture: ReturnType<typeof photograph>; truth: Point[]; lens: Lens }

function view(distance: number, angle: number, weather: Weather = CLEAR, lens = IDEAL): View {
  const pose = look([Math.sin(angle) * distance, 0.1 * distance, Math.cos(angle) * distance], [0.03, 0, 0], 0.05);
  return { picture: photograph([MARKER], pose, lens, weather, 3), truth: corners(MARKER, pose, lens), lens };
}

/** From corners off by `px` (standard deviation on each axis), several times. */
function tries({ picture, truth, lens }: View, px: number, times: number, templates = TEMPLATES): (Aligned | null)[] {
  const random = dice(11);
  return Array.from({ length: times }, () =>
    align(picture, lens, templates, truth.map(([x, y]): Point => [x + px * normal(random), y + px * normal(random)])));
}

function worst(found: readonly (Aligned | null)[], truth: readonly Point[]): number {
  return Math.max(...found.map((each) => (each === null ? Infinity
    : Math.max(...each.corners.map((corner, n) => Math.hypot(corner[0] - truth[n]![0], corner[1] - truth[n]![1]))))));
}

describe("a marker whose corners were found a pixel off", () => {
  test.each([[0.5, 0.1], [0.7, 0.5], [1, 0.4], [1.5, 0.2], [2, 0.3], [3, 0.2]])("at %f m, %f rad, is aligned to 0.03 px", (distance, angle) => {
    const seen = view(distance, angle);
    expect(worst(tries(seen, 1, 8), seen.truth)).toBeLessThan(0.03);
  });

  test("two pixels off are mended too", () => {
    const seen = view(1, 0.3);
    expect(worst(tries(seen, 2, 8), seen.truth)).toBeLessThan(0.03);
  });

  test("through a bent lens, whose bends it knows", () => {
    const seen = view(0.8, 0.3, CLEAR, BENT);
    expect(worst(tries(seen, 1, 6), seen.truth)).toBeLessThan(0.03);
  });

  test.each([
    ["much noise", { blur: 0.8, noise: 12 }, 0.12],
    ["a soft lens", { blur: 2, noise: 2 }, 0.07],
    ["a sharp one", { blur: 0.3, noise: 2 }, 0.03],
    ["five pixels of motion", { blur: 0.8, noise: 2, motion: 5 }, 0.06],
  ] as const)("with %s", (_, weather, most) => {
    const seen = view(1, 0.3, weather);
    expect(worst(tries(seen, 1, 6), seen.truth)).toBeLessThan(most);
  });

  test.each([0.5, 0.6, 0.8])("five pixels of motion at %f m do not make outliers of all edges that they blur", (distance) => {
    const seen = view(distance, 0.2, { blur: 0.8, noise: 2, motion: 5 });
    const found = tries(seen, 1, 3);
    expect(worst(found, seen.truth)).toBeLessThan(0.06);
    expect(found[0]!.used).toBeGreaterThan(0.75);
  });

  test("with a lamp's reflection and a cable before it, which it leaves out", () => {
    const [[x, y]] = view(1, 0.3).truth as [Point];
    const spoilt = view(1, 0.3, { ...CLEAR, glare: [{ at: [x + 40, y + 70], radius: 25, level: 160 }], hidden: [{ at: [x + 70, y - 20], size: [14, 160] }] });
    const found = tries(spoilt, 1, 6);
    expect(worst(found, spoilt.truth)).toBeLessThan(0.15);
    expect(found[0]!.used).toBeLessThan(0.9);
  });
});

describe("the next picture, which begins with the blur of the one before", () => {
  test.each([
    ["that is as it was", CLEAR, CLEAR, 0.03],
    ["that went soft", CLEAR, { blur: 2, noise: 2 }, 0.07],
    ["that became sharp", { blur: 2.5, noise: 2 }, CLEAR, 0.03],
    ["that moves", CLEAR, { blur: 0.8, noise: 2, motion: 5 }, 0.06],
  ] as const)("%s", (_, then, now, most) => {
    const before = tries(view(1, 0.3, then), 1, 1)[0]!.steps;
    const seen = view(1, 0.3, now);
    for (const px of [0.4, 2]) {
      const random = dice(12);
      const found = Array.from({ length: 6 }, () => align(seen.picture, IDEAL, TEMPLATES, seen.truth.map(([x, y]): Point => [x + px * normal(random), y + px * normal(random)]), before));
      expect(worst(found, seen.truth)).toBeLessThan(most);
    }
  });

  test("another marker's symbol is refused all the same", () => {
    const seen = view(1, 0.2);
    const { steps } = tries(seen, 1, 1)[0]!;
    expect(align(seen.picture, IDEAL, new Templates(code(99)), seen.truth, steps)).toBeNull();
  });
});

describe("what it says of itself", () => {
  test("the map leads to the corners, and the picture's blur is found", () => {
    const seen = view(1, 0.2, { blur: 1.3, noise: 2 });
    const found = tries(seen, 1, 1)[0]!;
    found.corners.forEach((corner, n) => {
      const [x, y] = toPixel(IDEAL, apply(found.map, CORNERS[n]!));
      expect(Math.hypot(x - corner[0], y - corner[1])).toBeLessThan(1e-9);
    });
    // The pixel's own square and reading between pixels add to the lens's blur.
    for (const blur of found.blur) {
      expect(blur).toBeGreaterThan(1.2);
      expect(blur).toBeLessThan(1.8);
    }
  });

  test("its certainty is that of many pictures with other noise", () => {
    const pose = look([0.3, 0.1, 1.2], [0.03, 0, 0], 0.05);
    const truth = corners(MARKER, pose, IDEAL);
    let squares = 0, said = 0;
    const pictures = 12;
    for (let seed = 1; seed <= pictures; seed++) {
      const found = align(photograph([MARKER], pose, IDEAL, { blur: 0.9, noise: 14 }, seed), IDEAL, TEMPLATES, truth)!;
      const off = found.corners.flatMap(([x, y], n) => [x - truth[n]![0], y - truth[n]![1]]);
      for (let i = 0; i < 8; i++) for (let j = 0; j < 8; j++) said += off[i]! * off[j]! * found.information[8 * i + j]!;
      squares += 8;
    }
    // The misses in their own standard deviations: 1 is perfect.
    expect(said / squares).toBeGreaterThan(0.25);
    expect(said / squares).toBeLessThan(4);
  });

  test.each([
    ["another marker's symbol", code(99)],
    ["the negative", MARKER.rows.map((row) => [...row].map((each) => (each === "1" ? "0" : "1")).join(""))],
  ])("%s is refused", (_, rows) => {
    expect(tries(view(1, 0.2), 1, 4, new Templates(rows))).toEqual([null, null, null, null]);
  });

  test("a wall is refused, corners without an area too", () => {
    const { picture, truth } = view(1, 0.2);
    const wall = { ...picture, grey: picture.grey.slice().fill(120) };
    expect(align(wall, IDEAL, TEMPLATES, truth)).toBeNull();
    expect(align(picture, IDEAL, TEMPLATES, [truth[0]!, truth[0]!, truth[0]!, truth[0]!])).toBeNull();
    expect(align(picture, IDEAL, TEMPLATES, truth.map(([x, y]): Point => [x - 5000, y]))).toBeNull();
  });

  test("a border that the picture cuts off does not matter", () => {
    const pose = look([0, 0, 0.7], [0.44, 0, 0]);
    const truth = corners(MARKER, pose, IDEAL);
    const left = Math.min(...truth.map((each) => each[0]));
    const moved = { ...IDEAL, cx: IDEAL.cx - left + 6 }; // six pixels of white are left of the symbol
    const picture = photograph([MARKER], pose, moved, CLEAR);
    const found = align(picture, moved, TEMPLATES, corners(MARKER, pose, moved));
    expect(worst([found], corners(MARKER, pose, moved))).toBeLessThan(0.05);
  });
});
