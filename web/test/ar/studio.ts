// Makes pictures with a known truth for the tests: flat markers in space, seen through a true camera pixel by pixel (each an
// average over its own square), then blurred, smeared, spoiled by glare and noise. Shares no code with the aligner: the
// lens and the linear algebra are checked by tests of their own.

import { toIdeal, toPixel, type Lens, type Point } from "../../src/ar/lens";
import { cross, dot, plus, rotation, scaled, times, transposed, unit, type Mat3, type Vec3 } from "../../src/ar/linear";
import type { Pose } from "../../src/ar/pose";

export const WIDTH = 1920;
export const HEIGHT = 1080;
export const IDEAL: Lens = { fx: 1450, fy: 1450, cx: 959.5, cy: 539.5, k1: 0, k2: 0 };
const DARK = 30, LIGHT = 215, WALL = 120;
const FINE = 6; // samples a side of a pixel that an edge runs through
const CARD = 4; // modules of white around a symbol

export interface Marker {
  readonly rows: readonly string[];
  readonly places: readonly Vec3[];
}

/** A seeded generator, 0 to 1. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** 25 x 25 modules with the three finder patterns and the rest at random: what a QR code of version 2 looks like. */
export function code(seed: number): string[] {
  const random = dice(seed);
  const ring = (x: number, y: number): number => Math.max(Math.abs(x - 3), Math.abs(y - 3));
  return Array.from({ length: 25 }, (_, y) => Array.from({ length: 25 }, (_, x) => {
    for (const [left, top] of [[0, 0], [18, 0], [0, 18]] as const) {
      const near = x >= left - 1 && x <= left + 7 && y >= top - 1 && y <= top + 7;
      if (near) return [0, 1, 3].includes(ring(x - left, y - top)) ? "1" : "0";
    }
    return random() < 0.5 ? "1" : "0";
  }).join(""));
}

/** A marker of `size` metres, upright on the plane z = 0 (or turned by `yaw` about its own middle). */
export function hang(seed: number, [x, y, z]: Vec3, size = 0.08, yaw = 0): Marker {
  const half = size / 2;
  const right: Vec3 = [Math.cos(yaw) * half, 0, -Math.sin(yaw) * half];
  const places = ([[-1, 1], [1, 1], [1, -1], [-1, -1]] as const).map(([r, u]): Vec3 =>
    plus([x, y + u * half, z], scaled(right, r)));
  return { rows: code(seed), places };
}

/** A camera at `eye` that looks at `at`, its head tilted by `roll`. */
export function look(eye: Vec3, at: Vec3, roll = 0): Pose {
  const forward = unit(plus(at, scaled(eye, -1)));
  const side = unit(cross(forward, [0, 1, 0]));
  const down = cross(forward, side);
  const level: Mat3 = [...side, ...down, ...forward];
  const tilt = rotation([0, 0, roll]);
  const r = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => [0, 1, 2].reduce((sum, k) => sum + tilt[3 * i + k]! * level[3 * k + j]!, 0)));
  return { r, t: scaled(times(r, eye), -1) };
}

export function corners(marker: Marker, pose: Pose, lens: Lens): Point[] {
  return marker.places.map((place) => {
    const [x, y, z] = plus(times(pose.r, place), pose.t);
    return toPixel(lens, [x / z, y / z]);
  });
}

export interface Weather {
  /** Of the lens, pixels (standard deviation). */
  readonly blur?: number;
  /** Of the sensor, grey levels. */
  readonly noise?: number;
  /** Length of a horizontal smear, pixels. */
  readonly motion?: number;
  /** A lamp's reflection: where, how wide, how bright. */
  readonly glare?: readonly { readonly at: Point; readonly radius: number; readonly level: number }[];
  /** Cables and hands: grey rectangles, pixels. */
  readonly hidden?: readonly { readonly at: Point; readonly size: Point }[];
}

/** What the camera takes. */
export function photograph(
  markers: readonly Marker[], pose: Pose, lens: Lens, weather: Weather = {}, seed = 1,
): { width: number; height: number; grey: Uint8ClampedArray } {
  const scene = new Float32Array(WIDTH * HEIGHT).fill(WALL);
  const areas = markers.map((marker) => paint(scene, marker, pose, lens));
  for (const { at, size } of weather.hidden ?? []) {
    for (let y = Math.round(at[1]); y < at[1] + size[1]; y++) scene.fill(WALL * 0.7, y * WIDTH + Math.round(at[0]), y * WIDTH + Math.round(at[0] + size[0]));
  }
  for (const box of areas) {
    if (weather.motion) smear(scene, box, weather.motion);
    if (weather.blur) soften(scene, box, weather.blur);
  }
  const random = dice(seed);
  const grey = new Uint8ClampedArray(scene.length).fill(WALL);
  for (const [left, top, right, bottom] of areas) {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        let value = scene[y * WIDTH + x]!;
        for (const { at, radius, level } of weather.glare ?? []) value += level * Math.exp(-0.5 * (((x - at[0]) ** 2 + (y - at[1]) ** 2) / radius ** 2));
        grey[y * WIDTH + x] = Math.round(value + (weather.noise ?? 0) * normal(random)); // clamped: the sensor's white
      }
    }
  }
  return { width: WIDTH, height: HEIGHT, grey };
}

type Box = readonly [number, number, number, number];

function paint(scene: Float32Array, marker: Marker, pose: Pose, lens: Lens): Box {
  const [tl, tr, br, bl] = marker.places as readonly [Vec3, Vec3, Vec3, Vec3];
  const centre = scaled(plus(plus(tl, tr), plus(br, bl)), 0.25);
  const right = plus(tr, scaled(tl, -1)), up = plus(tl, scaled(bl, -1));
  const size = Math.sqrt(dot(right, right));
  const [ex, ey] = [unit(right), unit(up)];
  const out = cross(ex, ey);
  const back = transposed(pose.r);
  const eye = scaled(times(back, pose.t), -1);
  const far = dot(out, plus(centre, scaled(eye, -1)));
  const shade = (x: number, y: number): number => {
    const ideal = toIdeal(lens, [x, y]);
    const ray = times(back, [ideal[0], ideal[1], 1]);
    const hit = plus(plus(eye, scaled(ray, far / dot(out, ray))), scaled(centre, -1));
    const column = Math.floor((dot(ex, hit) / size + 0.5) * 25);
    const row = Math.floor((0.5 - dot(ey, hit) / size) * 25);
    if (column < -CARD || row < -CARD || column >= 25 + CARD || row >= 25 + CARD) return WALL;
    return marker.rows[row]?.[column] === "1" ? DARK : LIGHT;
  };
  const card = marker.places.map((place): Vec3 => plus(centre, scaled(plus(place, scaled(centre, -1)), 1.4)));
  const seen = corners({ rows: [], places: card }, pose, lens);
  const xs = seen.map((each) => each[0]), ys = seen.map((each) => each[1]);
  const clip = (value: number, most: number): number => Math.min(Math.max(Math.round(value), 0), most);
  const box: Box = [clip(Math.min(...xs) - 12, WIDTH), clip(Math.min(...ys) - 12, HEIGHT), clip(Math.max(...xs) + 12, WIDTH), clip(Math.max(...ys) + 12, HEIGHT)];
  const wide = box[2] - box[0] + 1;
  const knots = new Float32Array(wide * (box[3] - box[1] + 1));
  for (let y = box[1]; y <= box[3]; y++) for (let x = box[0]; x <= box[2]; x++) knots[(y - box[1]) * wide + x - box[0]] = shade(x - 0.5, y - 0.5);
  for (let y = box[1]; y < box[3]; y++) {
    for (let x = box[0]; x < box[2]; x++) {
      const at = (y - box[1]) * wide + x - box[0];
      const first = knots[at]!;
      let value = first;
      if (knots[at + 1] !== first || knots[at + wide] !== first || knots[at + wide + 1] !== first) {
        let sum = 0;
        for (let j = 0; j < FINE; j++) for (let i = 0; i < FINE; i++) sum += shade(x - 0.5 + (i + 0.5) / FINE, y - 0.5 + (j + 0.5) / FINE);
        value = sum / (FINE * FINE);
      }
      if (value !== WALL) scene[y * WIDTH + x] = value;
    }
  }
  return box;
}

function smear(scene: Float32Array, [left, top, right, bottom]: Box, length: number): void {
  const kernel = new Float64Array(2 * Math.ceil(length / 2) + 1);
  const half = (kernel.length - 1) / 2;
  for (let n = 0; n < kernel.length; n++) kernel[n] = Math.max(0, Math.min(n - half + 0.5, length / 2) - Math.max(n - half - 0.5, -length / 2)) / length;
  convolve(scene, left, right, top, bottom, 1, WIDTH, kernel);
}

function soften(scene: Float32Array, [left, top, right, bottom]: Box, sigma: number): void {
  const half = Math.ceil(4 * sigma);
  const raw = Float64Array.from({ length: 2 * half + 1 }, (_, n) => Math.exp(-0.5 * ((n - half) / sigma) ** 2));
  const sum = raw.reduce((all, each) => all + each, 0);
  const kernel = raw.map((each) => each / sum);
  convolve(scene, left, right, top, bottom, 1, WIDTH, kernel);
  convolve(scene, top, bottom, left, right, WIDTH, 1, kernel);
}

function convolve(
  scene: Float32Array, from: number, to: number, first: number, last: number, step: number, line: number, kernel: Float64Array,
): void {
  const half = (kernel.length - 1) / 2;
  const row = new Float32Array(to - from);
  for (let m = first; m < last; m++) {
    for (let n = from; n < to; n++) row[n - from] = scene[m * line + n * step]!;
    for (let n = from; n < to; n++) {
      let sum = 0;
      for (let k = -half; k <= half; k++) sum += kernel[k + half]! * row[Math.min(Math.max(n + k, from), to - 1) - from]!;
      scene[m * line + n * step] = sum;
    }
  }
}
