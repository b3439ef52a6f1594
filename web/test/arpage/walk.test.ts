// Which pictures of a walk are kept, what is missing, what is said; and what the views come to.
import { describe, expect, test, vi } from "vitest";
import { bundle, type Four } from "../../src/ar/bundle";
import { toPixel, type Lens, type Point } from "../../src/ar/lens";
import { plus, rotation, scaled, times, type Vec3 } from "../../src/ar/linear";
import type { Marker } from "../../src/ar/markers";
import { solvePose, type Pose } from "../../src/ar/pose";
import { keptSurvey, storeSurvey } from "../../src/arpage/keeper";
import { Lenses } from "../../src/arpage/lenses";
import { read } from "../../src/arpage/outcome";
import type { Glance } from "../../src/arpage/sighter";
import { cornerstones, knownOf, quaternion, solved, surveyOf, surveyProblem, type Survey } from "../../src/arpage/survey";
import { CALIBRATION, SURVEY, Walk } from "../../src/arpage/walk";
import { code, dice, hang, HEIGHT, IDEAL, look, normal, WIDTH } from "../ar/studio";

const GOLDEN = Object.values(import.meta.glob<Record<string, unknown>>("../../../tests/golden/markers.json", { eager: true, import: "default" }))[0]!;
const LENS: Lens = IDEAL;
const PLACES: readonly Vec3[] = Array.from({ length: 12 }, (_, n): Vec3 => [0.4 * (n % 4), 0.25 * Math.floor(n / 4), 0]);
const MARKERS: readonly Marker[] = PLACES.map((at, n): Marker => {
  const places = hang(n + 1, at).places as unknown as Four<Vec3>;
  return { id: `${n + 1}A`, switchIp: "10.0.0.1", text: `T${n}`, size: 0.08, places, designed: places, rows: code(n + 1) };
});

function glance(pose: Pose, hung: readonly Marker[] = MARKERS, noise = 0, random = dice(1)): Glance {
  const sights = hung.flatMap(({ id, places }) => {
    const corners = places.map((place): Point => {
      const [x, y, z] = plus(times(pose.r, place), pose.t);
      const [u, v] = toPixel(LENS, [x / z, y / z]);
      return [u + noise * normal(random), v + noise * normal(random)];
    }) as unknown as Four<Point>;
    return corners.every(([u, v]) => u > 0 && v > 0 && u < WIDTH && v < HEIGHT) ? [{ id, corners }] : [];
  });
  const seen = sights.map(({ id, corners }) => ({ places: hung.find((one) => one.id === id)!.designed, pixels: corners, information: null }));
  return { sights, pose: seen.length > 0 ? solvePose(seen, LENS)!.pose : null };
}

const before = (x: number, y: number, z: number): Pose => look([x, y, z], [0.6, 0.25, 0], 0);

/** Two pictures of the same, a thirtieth of a second apart: only of the second is it known that the camera is still. */
function stop(walk: Walk, pose: Pose, at: number, hung = MARKERS): string {
  walk.offer(glance(pose, hung), at, WIDTH, HEIGHT);
  return walk.offer(glance(pose, hung), at + 33, WIDTH, HEIGHT);
}

describe("a walk", () => {
  test("keeps a picture that is still, shows enough and is from elsewhere", () => {
    const walk = new Walk(MARKERS, SURVEY);
    expect(walk.offer(glance(before(0.6, 0.25, 1)), 0, WIDTH, HEIGHT)).toBe("moving"); // nobody knows yet
    expect(walk.offer(glance(before(0.6, 0.25, 1)), 33, WIDTH, HEIGHT)).toBe("taken");
    expect(walk.offer(glance(before(0.6, 0.25, 1)), 66, WIDTH, HEIGHT)).toBe("alike");
    expect(walk.offer(glance(before(0.62, 0.25, 1)), 99, WIDTH, HEIGHT)).toBe("moving"); // 29 px in a thirtieth of a second
    expect(stop(walk, before(0.63, 0.25, 1), 200)).toBe("alike");
    expect(stop(walk, before(0.9, 0.25, 1), 400)).toBe("taken");
    expect(walk.offer({ sights: [], pose: null }, 500, WIDTH, HEIGHT)).toBe("few");
    expect(walk.kept).toHaveLength(2);
  });

  test("a pause between two pictures says nothing about stillness", () => {
    const walk = new Walk(MARKERS, SURVEY);
    walk.offer(glance(before(0.6, 0.25, 1)), 0, WIDTH, HEIGHT);
    expect(walk.offer(glance(before(0.6, 0.25, 1)), 5000, WIDTH, HEIGHT)).toBe("moving");
  });

  test("says what is missing until nothing is", () => {
    const walk = new Walk(MARKERS, SURVEY);
    expect(walk.hint("few")).toContain("3 markers");
    expect(walk.hint("moving")).toBe("Hold still for a moment.");
    stop(walk, before(0.6, 0.25, 1.2), 0);
    expect(walk.progress).toMatchObject({ views: 1, wanted: 24, sides: ["left", "right", "above", "below"], done: false });
    expect(walk.hint("taken")).toBe("Taken. Now from further left.");
    const random = dice(5);
    for (let n = 1; n < 60 && !walk.progress.done; n++) stop(walk, before(0.6 + 1.2 * (random() - 0.5), 0.25 + 1.1 * (random() - 0.5), 1 + 0.8 * random()), 1000 * n);
    expect(walk.progress).toMatchObject({ sides: [], short: [], done: true });
    expect(walk.progress.views).toBeGreaterThanOrEqual(24);
    expect([...walk.progress.seen.values()].every((views) => views >= SURVEY.each)).toBe(true);
    expect(walk.hint("taken")).toContain("enough");
  });

  test("a marker that came into view once is asked for", () => {
    const walk = new Walk(MARKERS, SURVEY);
    const random = dice(6);
    stop(walk, before(0.6, 0.25, 1.6), 0);
    for (let n = 1; n < 60; n++) stop(walk, before(0.6 + 1.3 * (random() - 0.5), 0.25 + 1.3 * (random() - 0.5), 1 + 0.6 * random()), 1000 * n, MARKERS.slice(1));
    expect(walk.progress).toMatchObject({ short: ["1A"], done: false });
    expect(walk.hint("alike")).toBe("Now to marker 1A: it wants 4 views.");
  });

  test("a calibration wants slant, and markers all over the picture", () => {
    const walk = new Walk(MARKERS, CALIBRATION);
    for (let n = 0; n < 20; n++) stop(walk, before(0.6 + 0.02 * n, 0.25, 1.2 + 0.13 * n), 1000 * n);
    expect(walk.progress.done).toBe(false);
    expect(walk.progress.sides).toEqual(expect.arrayContaining(["left", "above", "below"]));
  });
});

describe("what a walk comes to", () => {
  const random = dice(9);
  const truth = MARKERS.map((marker): Marker => {
    const middle = scaled(marker.designed.reduce<Vec3>(plus, [0, 0, 0]), 1 / 4);
    const turn = rotation([0, 0, 0.01 * normal(random)]);
    const shift: Vec3 = [0.003 * normal(random), 0.003 * normal(random), 0];
    const places = marker.designed.map((each) => plus(plus(middle, shift), times(turn, plus(each, scaled(middle, -1))))) as unknown as Four<Vec3>;
    return { ...marker, places };
  });
  const walk = new Walk(MARKERS, SURVEY);
  for (let n = 0; n < 90 && walk.kept.length < 28; n++) {
    const pose = before(0.6 + 1.2 * (random() - 0.5), 0.25 + 1.1 * (random() - 0.5), 1 + 0.8 * random());
    for (const at of [0, 33]) walk.offer(glance(pose, truth, 0.04, random), 1000 * n + at, WIDTH, HEIGHT);
  }

  test("the survey's places, turns and doubts, as the server wants them", () => {
    const found = solved(surveyProblem(MARKERS, walk.kept, LENS, WIDTH, [], MARKERS.map(({ id }) => id).slice(0, 1)))!;
    const survey = surveyOf(found, MARKERS, walk.kept.length);
    expect(survey.markers).toHaveLength(12);
    expect(survey.views).toBe(28);
    for (const { id, position, rotation: [x, y, z, w], off, turned, views } of survey.markers) {
      expect(Math.hypot(x, y, z, w)).toBeCloseTo(1, 9);
      expect(off).toBeLessThan(0.015);
      expect(turned).toBeLessThan(0.05);
      expect(views).toBe(walk.progress.seen.get(id));
      expect(position.every(Number.isFinite)).toBe(true);
    }
    expect(survey.whole).toBeGreaterThan(survey.among);
    expect(knownOf(found).focal).toBeLessThan(0.01);
  });

  test("pictures that are coarser than believed are believed less", () => {
    const coarse = walk.kept.map((one) => ({ ...one, sights: one.sights.map(({ id, corners }) => ({ id, corners: corners.map(([u, v]): Point => [u + 0.5 * normal(random), v + 0.5 * normal(random)]) as unknown as Four<Point> })) }));
    const problem = surveyProblem(MARKERS, coarse, LENS, WIDTH, [{ from: "1A", to: "12A", distance: Math.hypot(1.2, 0.5) }], []);
    const once = bundle(problem.designed, problem.views, LENS, problem.beliefs, problem.tapes)!;
    const twice = solved(problem)!;
    const doubt = (of: typeof once): number => Math.max(...of.markers.map((one) => one.among));
    expect(doubt(twice)).toBeGreaterThan(1.2 * doubt(once));
  });

  test("a tape's reading is a number of millimetres between two markers", () => {
    expect(read("1A", "2A", "1234,5")).toEqual([{ from: "1A", to: "2A", distance: 1.2345 }]);
    expect(read("1A", "2A", " ")).toEqual([]);
    for (const wrong of ["a lot", "12", "-500", "1e9"]) expect(read("1A", "2A", wrong)).toContain("between 50 and 20,000");
    expect(read("1A", "1A", "500")).toContain("another");
  });

  test("cornerstones lie far apart and were seen", () => {
    expect(cornerstones(MARKERS, new Set(MARKERS.map(({ id }) => id))).sort()).toEqual(["12A", "1A", "4A", "9A"]);
    expect(cornerstones(MARKERS, new Set(["2A", "3A"])).sort()).toEqual(["2A", "3A"]);
    expect(cornerstones(MARKERS, new Set())).toEqual([]);
  });
});

describe("a turn as a quaternion", () => {
  const card = hang(1, [0, 0, 0]).places as unknown as Four<Vec3>;
  const turned = (by: Vec3): Four<Vec3> => card.map((each) => times(rotation(by), each)) as unknown as Four<Vec3>;

  test.each([[[0, 0, 0]], [[0.3, -0.2, 0.1]], [[0, Math.PI / 2, 0]], [[0, Math.PI, 0]], [[Math.PI, 0, 0]], [[0, 0, Math.PI]], [[2, 1, -2]]] as [Vec3][])("%s", (by) => {
    const [x, y, z, w] = quaternion(turned(by));
    const angle = Math.hypot(...by);
    const axis = angle === 0 ? [0, 0, 0] : by.map((each) => (each / angle) * Math.sin(angle / 2));
    const expected = [...axis, Math.cos(angle / 2)];
    const same = Math.abs(x * expected[0]! + y * expected[1]! + z * expected[2]! + w * expected[3]!);
    expect(same).toBeCloseTo(1, 9);
    expect(w).toBeGreaterThanOrEqual(0);
  });
});

describe("the server's side", () => {
  const survey = { print: 1.001, views: 24, misfit: 0.05, among: 0.0001, whole: 0.0003, markers: [{ id: "1A", position: [1, 2, 3], rotation: [0, 0, 0, 1], deviation: 0.0002, views: 5, off: 0.003, turned: 0.01 }] } as unknown as Survey;
  const answer = (status: number, body: unknown): typeof fetch => vi.fn(async () => new Response(JSON.stringify(body), { status })) as unknown as typeof fetch;
  const kept = { revision: 3, markers: [{ id: "1A", position: [0, 0, 0] }, { id: "9B", position: [4, 5, 6] }] };

  test("is stored over exactly what was read; what this walk has not seen goes along", async () => {
    const fetching = answer(200, { revision: 4, markers: [] });
    expect((await storeSurvey(survey, kept, "secret", fetching)).revision).toBe(4);
    const [url, request] = vi.mocked(fetching).mock.calls[0]!;
    expect(url).toBe("/model/markers/survey");
    expect(request).toMatchObject({ method: "PUT", headers: { "If-Match": '"3"', Authorization: "Bearer secret" } });
    expect(JSON.parse(request!.body as string)).toEqual({
      print: 1.001, views: 24,
      markers: [{ id: "1A", position: [1, 2, 3], rotation: [0, 0, 0, 1], deviation: 0.0002, views: 5 }, { id: "9B", position: [4, 5, 6] }],
    });
  });

  test.each([
    [412, {}, "survey_changed", "Another device"],
    [401, {}, "survey_token", "tokens.json"],
    [403, {}, "survey_token", "tokens.json"],
    [400, { error: { message: "markers[0].position is far." } }, "survey_refused", "markers[0].position is far."],
    [503, "no json of ours", "survey_refused", "503"],
    [200, { revision: "four" }, "survey_answer", "older version"],
  ])("%i is told in words", async (status, body, code, words) => {
    await expect(storeSurvey(survey, kept, "", answer(status, body))).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test("places of markers that are no longer printed there are left behind, or nothing could be stored", async () => {
    const golden = JSON.parse(JSON.stringify(GOLDEN)) as { markers: { id: string; corners: unknown; designed?: unknown }[] };
    golden.markers[1]!.designed = { corners: golden.markers[1]!.corners };
    const answers: Record<string, unknown> = {
      "/model/markers/survey": { revision: 7, markers: [{ id: "1A", position: [9, 9, 9] }, { id: "1B", position: [0, 1, 2] }, { id: "44Z", position: [0, 0, 0] }] },
      "/model/markers.json": golden,
    };
    const fetching = vi.fn(async (url: string) => new Response(JSON.stringify(answers[url]))) as unknown as typeof fetch;
    expect(await keptSurvey(fetching)).toEqual({ revision: 7, markers: [{ id: "1B", position: [0, 1, 2] }] });
  });

  test("a server that is not there is told in words", async () => {
    const fetching = vi.fn(async () => Promise.reject(new TypeError("failed"))) as unknown as typeof fetch;
    await expect(keptSurvey(fetching)).rejects.toMatchObject({ code: "survey_unreachable", retry: true });
  });
});

test("a lens that a walk found is kept on the device, never believed better than a focus holds", () => {
  const shelf = new Map<string, string>();
  const made = (): Lenses => new Lenses({ getItem: (key) => shelf.get(key) ?? null, setItem: (key, value) => void shelf.set(key, value), removeItem: (key) => void shelf.delete(key) }, "cam", WIDTH, HEIGHT);
  made().keep({ lens: { ...LENS, fx: 1500 }, focal: 0.0001, k1: 0.001, k2: 0.5 });
  expect(made().now).toMatchObject({ lens: { fx: 1500 }, focal: 0.004, k1: 0.03, k2: 0.5 });
});
