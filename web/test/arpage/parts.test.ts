// The small parts of the AR page: faces and taps, what is learnt of a lens, the words about quality, grey from a picture.
import { describe, expect, test } from "vitest";
import type { Solution } from "../../src/ar/pose";
import { facesOf, quadAt, quadsOf, spread } from "../../src/arpage/faces";
import { greyOf } from "../../src/arpage/grey";
import { Hung } from "../../src/arpage/hung";
import { Lenses, shelfOf, type Shelf } from "../../src/arpage/lenses";
import { FRESH_MS, HELD_MS, qualityOf, strengthOf } from "../../src/arpage/quality";
import { FrameClock } from "../../src/arpage/stamp";
import type { Layout } from "../../src/layout";
import { IDEAL, look } from "../ar/studio";

const LAYOUT = {
  pi: [0.02, 0.06, 0.09],
  slots: { id: ["a", "b", "c"], position: [[0, 0, 0], [0.03, 0, 0], [0, 0, -1]], yaw: [0, 0, Math.PI] },
} as unknown as Layout;

describe("faces", () => {
  const faces = facesOf(LAYOUT);
  const pose = look([0, 0, 1], [0, 0, 0]);

  test("lie half a depth before the middle, turned as the Pi is", () => {
    expect(faces[0]!.middle).toEqual([0, 0, 0.045]);
    expect(faces[0]!.corners[0]).toEqual([-0.01, 0.03, 0.045]);
    expect(faces[2]!.middle[2]).toBeCloseTo(-1.045);
    expect(faces[2]!.corners[0]![0]).toBeCloseTo(0.01); // its left is our right
  });

  test("those that look away are not drawn, and a tap finds the one that is under it", () => {
    const quads = quadsOf(faces, pose, IDEAL, 1920, 1080);
    expect(quads.map(({ face }) => face.slot).sort()).toEqual([0, 1]);
    expect(quadAt(quads, [959.5, 539.5])!.face.slot).toBe(0);
    const right = IDEAL.fx * (0.03 / (1 - 0.045));
    expect(quadAt(quads, [959.5 + right, 539.5])!.face.slot).toBe(1);
    expect(quadAt(quads, [959.5 + right / 2, 539.5])).toBeNull();
    expect(quadAt(quads, [100, 100])).toBeNull();
    // A finger that falls between two means the nearer, as far as a finger is thick.
    expect(quadAt(quads, [959.5 + 0.52 * right, 539.5], right)!.face.slot).toBe(1);
    expect(quadAt(quads, [959.5 + 0.48 * right, 539.5], right)!.face.slot).toBe(0);
    expect(quadAt(quads, [959.5 + 0.48 * right, 539.5], 0.3 * right)).toBeNull();
  });

  test("an overlay's error is asked where faces lie apart", () => {
    expect(spread(quadsOf(faces, pose, IDEAL, 1920, 1080), 1920, 1080).map(({ slot }) => slot).sort()).toEqual([0, 1]);
    expect(spread([], 1920, 1080)).toEqual([]);
  });
});

describe("what is learnt of a lens", () => {
  const shelf = (): Shelf & { kept: Map<string, string> } => {
    const kept = new Map<string, string>();
    return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: (key) => void kept.delete(key) };
  };
  const view = (x: number, focal: number): Solution => {
    const covariance = new Float64Array(81);
    for (const n of [60, 70, 80]) covariance[n] = 0.01 ** 2;
    return { pose: look([x, 0, 1], [0, 0, 0]), lens: { ...IDEAL, fx: focal, fy: focal }, covariance, misfit: 1, lead: 100 };
  };

  test("begins with a guess, grows surer with views from elsewhere, is kept by camera and size", () => {
    const kept = shelf();
    const lenses = new Lenses(kept, "back camera", 1920, 1080);
    expect(lenses.learnt).toBe(false);
    expect(lenses.now.lens.fx).toBeCloseTo(0.77 * 1920);
    expect(lenses.learn(view(0, 1460), 4)).toBe(true);
    expect(lenses.learnt).toBe(true);
    expect(new Lenses(kept, "back camera", 1920, 1080).now.lens.fx).toBe(1460);
    expect(new Lenses(kept, "back camera", 1280, 720).learnt).toBe(false);
    expect(new Lenses(kept, "front camera", 1920, 1080).learnt).toBe(false);
  });

  test("not from one marker, nor from where it has been", () => {
    const lenses = new Lenses(shelf(), "c", 1920, 1080);
    expect(lenses.learn(view(0, 1460), 1)).toBe(false);
    expect(lenses.learn(view(0, 1460), 4)).toBe(true);
    expect(lenses.learn(view(0.01, 1470), 4)).toBe(false);
    expect(lenses.now.lens.fx).toBe(1460);
  });

  test("is never surer than a camera is steady, and can be forgotten", () => {
    const kept = shelf();
    const lenses = new Lenses(kept, "c", 1920, 1080);
    const sure = view(0, 1460);
    sure.covariance[60] = 1e-12;
    lenses.learn(sure, 4);
    expect(lenses.now.focal).toBe(0.004);
    lenses.forget();
    expect(kept.kept.size).toBe(0);
    expect(lenses.learnt).toBe(false);
  });

  test.each(["", "{", "{\"lens\":{}}", "null", JSON.stringify({ lens: { ...IDEAL, fx: -1 }, focal: 0, k1: 0, k2: 0 })])("%j on the shelf is no lens", (text) => {
    const kept = shelf();
    kept.kept.set("twin.lens c 1920x1080", text);
    expect(new Lenses(kept, "c", 1920, 1080).learnt).toBe(false);
  });
});

test("a shelf that is locked or full keeps nothing and breaks nothing", () => {
  const locked = shelfOf(() => { throw new DOMException("no", "SecurityError"); });
  const lenses = new Lenses(locked, "c", 1920, 1080);
  lenses.forget();
  expect([lenses.learnt, locked.getItem("x")]).toEqual([false, null]);
  expect(() => locked.setItem("x", "y")).not.toThrow();
});

test("frames are stamped by the camera's clock, put on the page's by the least delay that was seen", () => {
  const clock = new FrameClock();
  expect(clock.at(5_000_000, 1000)).toBe(1000);
  expect(clock.at(5_033_000, 1060)).toBe(1033); // the page was late, the frame was not
  expect(clock.at(5_066_000, 1060)).toBe(1060); // the first one had been late: no frame comes before it was taken
  expect(clock.at(5_100_000, 1100)).toBe(1094);
  expect(clock.at(1_000, 9000)).toBe(9000); // another camera, another clock
});

describe("quality", () => {
  test("says markers and millimetres, and what would make it better", () => {
    expect(qualityOf(5, 0.0004, 0, null, false)).toEqual({ grade: "good", words: "5 markers · ±0.40 mm", advice: "" });
    expect(qualityOf(4, 0.0034, 0, null, false).grade).toBe("fair");
    expect(qualityOf(1, 0.0004, 0, null, false)).toMatchObject({ grade: "fair", words: "1 marker · ±0.40 mm" });
    expect(qualityOf(4, 0.0004, 0, { id: "3A", metres: 0.031 }, false).advice).toContain("Marker 3A hangs 31 mm from where it should");
  });

  test("a pose that is not of now is held, fades, and is let go with advice", () => {
    expect(qualityOf(4, 0.001, FRESH_MS + 50, null, false)).toMatchObject({ grade: "held", words: "Held from 0.3 s ago" });
    expect(qualityOf(4, 0.001, HELD_MS + 1, null, false)).toMatchObject({ grade: "none", words: "No marker in view" });
    expect(qualityOf(0, Infinity, Infinity, null, false).advice).toContain("Point the camera");
    expect(qualityOf(4, 0.001, 0, null, true).words).toBe("The camera gives no picture");
    expect([0, FRESH_MS, (FRESH_MS + HELD_MS) / 2, HELD_MS, 9e9].map(strengthOf)).toEqual([1, 1, 0.5, 0, 0]);
  });
});

describe("grey", () => {
  test("of a canvas is its green", async () => {
    const data = new Uint8ClampedArray([9, 10, 11, 255, 9, 20, 11, 255]);
    expect(await greyOf({ data, width: 2, height: 1 } as ImageData)).toMatchObject({ width: 2, height: 1, grey: new Uint8Array([10, 20]) });
  });

  test.each([["I420", 0], ["NV12", 0], ["BGRA", 1]] as const)("of a %s frame with a stride and an offset; the frame is closed", async (format, green) => {
    const [width, height, stride, offset] = [2, 2, green ? 12 : 4, 3];
    const bytes = new Uint8Array(64);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) bytes[offset + y * stride + (green ? 4 * x + 1 : x)] = 10 * y + x;
    let closed = false;
    const frame = { format, visibleRect: { width, height }, allocationSize: () => 64, copyTo: (to: Uint8Array) => { to.set(bytes); return Promise.resolve([{ offset, stride }]); }, close: () => (closed = true) };
    expect([...(await greyOf(frame as unknown as VideoFrame)).grey]).toEqual([0, 1, 10, 11]);
    expect(closed).toBe(true);
  });
});

describe("markers that hang elsewhere by now", () => {
  test("are noticed once, and a server that does not answer changes nothing", async () => {
    const answers: (() => unknown)[] = [];
    const hung = new Hung({ survey: 1 }, async () => answers.shift()!());
    answers.push(() => ({ survey: 1 }));
    await hung.look();
    expect(hung.take()).toBeNull();
    answers.push(() => ({ survey: 2 }), () => { throw new TypeError("away"); });
    await hung.look();
    await hung.look();
    expect(hung.take()).toEqual({ survey: 2 });
    expect(hung.take()).toBeNull();
    answers.push(() => ({ survey: 2 }));
    await hung.look();
    expect(hung.take()).toBeNull();
  });

  test("are asked for one question at a time", async () => {
    let asked = 0;
    let answer = (_: unknown): void => undefined;
    const hung = new Hung({}, () => (asked++, new Promise((done) => (answer = done))));
    const first = hung.look();
    await hung.look();
    answer({});
    await first;
    expect(asked).toBe(1);
  });
});
