// From picture to picture: decode once, follow without the decoder, leave out what hangs wrong, come back after a loss.
import { describe, expect, test } from "vitest";
import type { Marker, Markers } from "../../src/ar/markers";
import { miss } from "../../src/ar/overlay";
import type { Picture } from "../../src/ar/picture";
import type { Pose } from "../../src/ar/pose";
import type { Read } from "../../src/arpage/reader";
import { Tracker, type Fix } from "../../src/arpage/tracker";
import { code, corners, hang, IDEAL, look, photograph, WIDTH, HEIGHT, type Marker as Hung } from "../ar/studio";

const FIXED = { focal: 0, k1: 0, placed: 0 };
const PLACES = [[-0.3, 0.2], [0.3, 0.25], [-0.25, -0.2], [0.3, -0.15]] as const;
const HUNG: readonly Hung[] = PLACES.map(([x, y], n) => hang(n + 1, [x, y, 0]));
const MARKERS = parsed(HUNG);
const EMPTY: Picture = { width: WIDTH, height: HEIGHT, grey: new Uint8Array(WIDTH * HEIGHT).fill(120) };

function parsed(hung: readonly Hung[]): Markers {
  const markers = hung.map((one, n): Marker => ({ id: `M${n}`, switchIp: "10.0.0.1", text: `T${n}`, size: 0.08, places: one.places as Marker["places"], designed: one.places as Marker["places"], rows: code(n + 1) }));
  return { origin: "", markers, ruler: { markers: [], crosses: new Map() }, find: (text) => markers.find((one) => one.text === text) ?? null };
}

/** A decoder that reads what hangs there, two pixels off, and counts how often it was asked. */
function decoder(pose: () => Pose, hung: readonly Hung[] = HUNG): { decode: (picture: Picture) => Promise<Read[]>; asked: number } {
  const made = {
    asked: 0,
    decode: (): Promise<Read[]> => {
      made.asked++;
      return Promise.resolve(hung.map((one, n) => ({ text: `T${n}`, corners: corners(one, pose(), IDEAL).map(([x, y]) => [x + 1.2, y - 0.9] as const) })));
    },
  };
  return made;
}

const decodeAt = (n: number, read: readonly number[]) => async (picture: Picture): Promise<Read[]> =>
  (await decoder(() => at(n)).decode(picture)).filter((_, k) => read.includes(k));
const at = (n: number): Pose => look([0.05 + 0.01 * n, 0.02, 1.1], [0, 0, 0], 0.02);
const shot = (pose: Pose, hung = HUNG): Picture => photograph(hung, pose, IDEAL, { blur: 0.8, noise: 2 }, 5);
const off = (fix: Fix, pose: Pose): number => {
  const [x, y] = miss(fix.solution.pose, fix.solution.lens, pose, IDEAL, [0.2, 0.1, 0], [0, 0, 1])!;
  return Math.hypot(x, y);
};

describe("a camera that moves", () => {
  test("is decoded once and followed after that, to a tenth of a millimetre", async () => {
    const tracker = new Tracker(MARKERS);
    const eye = decoder(() => at(0));
    for (let n = 0; n < 5; n++) {
      const fix = await tracker.step(shot(at(n)), 33 * n, IDEAL, FIXED, eye.decode);
      expect(fix!.seen.length).toBe(4);
      expect(fix!.decoded).toBe(n === 0);
      expect(off(fix!, at(n))).toBeLessThan(1e-4);
    }
    expect(eye.asked).toBe(1);
  });

  test("is lost when nothing is in view, says so, and is found again", async () => {
    const tracker = new Tracker(MARKERS);
    const eye = decoder(() => at(0));
    const none = decoder(() => at(0), []);
    expect(await tracker.step(shot(at(0)), 0, IDEAL, FIXED, eye.decode)).not.toBeNull();
    expect(await tracker.step(EMPTY, 33, IDEAL, FIXED, none.decode)).toBeNull();
    expect(none.asked).toBe(1); // at once: what was followed is gone
    const again = await tracker.step(shot(at(0)), 900, IDEAL, FIXED, eye.decode);
    expect(again!.decoded).toBe(true);
    expect(off(again!, at(0))).toBeLessThan(1e-4);
  });

  test.each([[[0, 1]], [[2]]])("markers that the decoder misses are found all the same, by the pose of the others (it reads %j)", async (read) => {
    const tracker = new Tracker(MARKERS);
    for (const [n, ms] of [[0, 0], [3, 900]] as const) { // the second so late that nothing is known of the motion
      const fix = await tracker.step(shot(at(n)), ms, IDEAL, FIXED, decodeAt(n, read));
      expect(fix!.decoded).toBe(true);
      expect(fix!.seen.length).toBe(4);
      expect(off(fix!, at(n))).toBeLessThan(1e-4);
    }
  });

  test("a marker at the very edge of the picture is not believed", async () => {
    const right = Math.max(...corners(HUNG[1]!, at(0), IDEAL).map(([x]) => x));
    for (const [beside, used] of [[1.5, false], [12, true]] as const) {
      const lens = { ...IDEAL, cx: IDEAL.cx + WIDTH - 1 - beside - right };
      const read = async (): Promise<Read[]> => HUNG.map((one, n) => ({ text: `T${n}`, corners: corners(one, at(0), lens).map(([x, y]) => [x - 4, y] as const) }));
      const fix = await new Tracker(MARKERS).step(photograph(HUNG, at(0), lens, { blur: 0.8, noise: 2 }, 5), 0, lens, FIXED, read);
      expect(fix!.seen.some(({ id }) => id === "M1")).toBe(used);
      expect(fix!.seen.length).toBeGreaterThanOrEqual(3);
    }
  });

  test("a picture of another size is another camera: what was known of the last one is not used", async () => {
    const tracker = new Tracker(MARKERS);
    const eye = decoder(() => at(0));
    await tracker.step(shot(at(0)), 0, IDEAL, FIXED, eye.decode);
    const none = decoder(() => at(0), []);
    expect(await tracker.step({ width: 1080, height: 1920, grey: new Uint8Array(1080 * 1920) }, 33, IDEAL, FIXED, none.decode)).toBeNull();
    await tracker.step(shot(at(0)), 300, IDEAL, FIXED, eye.decode);
    expect(eye.asked).toBe(2);
  });

  test("looks for what has come into view now and then, though it follows enough", async () => {
    const tracker = new Tracker(MARKERS);
    const eye = decoder(() => at(0));
    let decodes = 0;
    for (let ms = 0; ms <= 3300; ms += 330) decodes += (await tracker.step(shot(at(0)), ms, IDEAL, FIXED, eye.decode))!.decoded ? 1 : 0;
    expect(decodes).toBe(3);
  });
});

describe("a marker that hangs wrong", () => {
  test("is named and left out of the pose", async () => {
    const wrong = HUNG.map((one, n) => (n === 1 ? hang(2, [0.33, 0.25, 0]) : one));
    const fix = await new Tracker(MARKERS).step(shot(at(0), wrong), 0, IDEAL, FIXED, decoder(() => at(0), wrong).decode);
    expect(fix!.astray!.id).toBe("M1");
    expect(fix!.astray!.metres).toBeGreaterThan(0.025);
    expect(fix!.astray!.metres).toBeLessThan(0.035);
    expect(fix!.seen.map((one) => one.id).sort()).toEqual(["M0", "M2", "M3"]);
    expect(off(fix!, at(0))).toBeLessThan(1e-4);
  });

  test.each([0, 1, 2, 3])("does not lead the others astray while they are followed (marker %i)", async (n) => {
    const [x, y] = PLACES[n]!;
    for (const aside of [0.02, 0.03]) {
      const wrong = HUNG.map((one, k) => (k === n ? hang(n + 1, [x + aside, y, 0]) : one));
      const tracker = new Tracker(MARKERS);
      const eye = decoder(() => at(0), wrong);
      for (let k = 0; k < 4; k++) {
        const fix = await tracker.step(shot(at(k), wrong), 33 * k, IDEAL, FIXED, eye.decode);
        expect(fix!.seen.map((one) => one.id)).not.toContain(`M${n}`);
        expect(fix!.seen.length).toBe(3);
        expect(off(fix!, at(k))).toBeLessThan(1.5e-4);
      }
      expect(eye.asked).toBe(1);
    }
  });

  test("the ruler's sheet is only looked at when it is asked for", async () => {
    const sheet = { ...MARKERS, markers: [], ruler: { markers: MARKERS.markers, crosses: new Map() } };
    const seen = async (ruler: boolean): Promise<Fix | null> => new Tracker(sheet, ruler).step(shot(at(0)), 0, IDEAL, FIXED, decoder(() => at(0)).decode);
    expect((await seen(true))!.seen.length).toBe(4);
    expect(await seen(false)).toBeNull();
  });

  test("a text that is not of this cluster is nothing", async () => {
    const strange = (): Promise<Read[]> => Promise.resolve([{ text: "HTTP://ELSEWHERE", corners: corners(HUNG[0]!, at(0), IDEAL) }]);
    expect(await new Tracker(MARKERS).step(shot(at(0)), 0, IDEAL, FIXED, strange)).toBeNull();
  });
});
