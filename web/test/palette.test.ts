import { afterEach, describe, expect, test } from "vitest";
import { paint } from "../src/paint";
import { LOOKS, MISSING, PALETTES, SCALES, choosePalette, faded, freshness, linear, luminance, rampColor, type PaletteName, type Rgb } from "../src/palette";
import { decodeFrame } from "../src/frame";
import { STATUSES } from "../src/protocol.gen";
import { State } from "../src/state";
import { frameBytes, hello, roster } from "./build";

const SCALE_NAMES = ["cpu", "temperature", "memory"] as const;

/** Machado, Oliveira and Fernandes 2009, full severity, on linear light. */
const BLINDNESS = {
  "red blind": [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  "green blind": [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  "blue blind": [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
  grey: [0.2126, 0.7152, 0.0722, 0.2126, 0.7152, 0.0722, 0.2126, 0.7152, 0.0722],
} as const;

describe.each(SCALE_NAMES)("the %s ramp", (name) => {
  const scale = SCALES[name];
  const colors = Array.from({ length: 101 }, (_, i) => rampColor(scale, scale.low + ((scale.high - scale.low) * i) / 100));

  test("gets lighter all the way up", () => {
    for (let i = 1; i < colors.length; i++) expect(luminance(colors[i]!)).toBeGreaterThan(luminance(colors[i - 1]!));
  });

  test.each(Object.keys(BLINDNESS) as (keyof typeof BLINDNESS)[])("tells its quarters apart when one is %s", (kind) => {
    const seen = [0, 25, 50, 75, 100].map((at) => seenBy(kind, colors[at]!));
    for (let i = 1; i < seen.length; i++) expect(distance(seen[i - 1]!, seen[i]!)).toBeGreaterThan(0.06);
  });

  test("stays at its ends beyond them", () => {
    expect(rampColor(scale, -1000)).toEqual(colors[0]);
    expect(rampColor(scale, 1000)).toEqual(colors[100]);
  });

  test("has no colour for a missing value", () => expect(rampColor(scale, NaN)).toEqual(MISSING));
});

/** The distance of the two statuses that are most alike; Okabe and Ito's own colours came to 0.04 here. */
const APART: Readonly<Record<PaletteName, Partial<Record<keyof typeof BLINDNESS | "nothing", number>>>> = {
  standard: { nothing: 0.31, "red blind": 0.31, "green blind": 0.27, "blue blind": 0.25 },
  "red-green": { nothing: 0.38, "red blind": 0.37, "green blind": 0.34 },
  "blue-yellow": { nothing: 0.36, "blue blind": 0.37 },
};

describe.each(Object.keys(PALETTES) as PaletteName[])("the %s palette", (name) => {
  const { looks } = PALETTES[name];
  const seen = (kind: string): Rgb[] => STATUSES.map((status) => (kind === "nothing" ? linearOf(looks[status].rgb) : seenBy(kind as keyof typeof BLINDNESS, looks[status].rgb)));

  test("has a glyph a status, and each colour stands out from the night", () => {
    expect(new Set(STATUSES.map((status) => looks[status].glyph)).size).toBe(STATUSES.length);
    for (const status of STATUSES) expect((luminance(looks[status].rgb) + 0.05) / 0.055).toBeGreaterThan(4.5);
  });

  test.each(Object.entries(APART[name]))("tells all statuses apart for who is %s, by %f", (kind, least) => {
    const colors = seen(kind);
    const distances = colors.flatMap((a, i) => colors.slice(i + 1).map((b) => distance(a, b)));
    expect(Math.min(...distances)).toBeGreaterThan(least);
  });
});

describe("another palette", () => {
  afterEach(() => choosePalette("standard"));

  test("is used from its choice on, also where colours had been worked out before", () => {
    const state = new State();
    state.open(hello(), 0);
    state.seat(roster(1));
    state.apply(decodeFrame(frameBytes({ rows: [0], status: [1], age: [0] })), 0);
    const colour = (): number[] => (paint(out, state, { mode: "status", silent: false }, 0), [...out]);
    const out = new Float32Array(3);
    const before = colour();
    choosePalette("red-green");
    expect(LOOKS).toBe(PALETTES["red-green"].looks);
    expect(colour()).not.toEqual(before);
    linearOf(LOOKS.online.rgb).forEach((light, i) => expect(out[i]).toBeCloseTo(light, 4));
  });
});

test("a value is fresh for a period and a half, and gone after six", () => {
  const ages = [0, 5000, 7500, 15_000, 30_000, Infinity].map((age) => freshness(age, 5000));
  expect(ages.map((share) => Math.round(share * 100))).toEqual([100, 100, 100, 67, 0, 0]);
});

test("fading takes colour away, step by step, until little is left", () => {
  const bright = rampColor(SCALES.cpu, 100);
  const lights = [1, 0.75, 0.5, 0.25, 0].map((fresh) => luminance(faded(bright, fresh)));
  expect([...lights].sort((a, b) => b - a)).toEqual(lights);
  expect(lights[4]! / lights[0]!).toBeLessThan(0.15);
  expect(faded(bright, 1)).toEqual(bright);
});

function seenBy(kind: keyof typeof BLINDNESS, color: Rgb): Rgb {
  const [r, g, b] = color.map(linear) as [number, number, number];
  const m = BLINDNESS[kind];
  return [m[0] * r + m[1] * g + m[2] * b, m[3] * r + m[4] * g + m[5] * b, m[6] * r + m[7] * g + m[8] * b];
}

function linearOf(color: Rgb): Rgb {
  return color.map(linear) as unknown as Rgb;
}

/** In roughly even steps of what the eye sees. */
function distance(a: Rgb, b: Rgb): number {
  return Math.hypot(...[0, 1, 2].map((i) => Math.cbrt(Math.max(0, a[i]!)) - Math.cbrt(Math.max(0, b[i]!))));
}
