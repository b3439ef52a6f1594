import { describe, expect, test } from "vitest";
import { decodeFrame } from "../src/frame";
import { paint, rowColor, type View } from "../src/paint";
import { DEAD, MODES, SCALES, linear, luminance, rampColor } from "../src/palette";
import { State } from "../src/state";
import { frameBytes, hello, roster } from "./build";

const ROWS = [0, 1, 2, 3];
const NOW = 0;

/** cpu 0, 50, 100 and unknown; the last but one is lost. */
function state(status = [1, 1, 3, 1], age = [0, 0, 0, 0]): State {
  const made = new State();
  made.open(hello(), NOW);
  made.seat(roster(4));
  made.apply(decodeFrame(frameBytes({ rows: ROWS, cpu: [0, 100, 200, 255], memory: [0, 1, 2, 3], temperature: [60, 80, 100, 255], status, age })), NOW);
  return made;
}

function view(changes: Partial<View> = {}): View {
  return { mode: "cpu", silent: false, ...changes };
}

describe.each(MODES)("colour by %s", (mode) => {
  test("the buffer holds what one row's colour says", () => {
    const [made, out] = [state(), new Float32Array(12)];
    paint(out, made, view({ mode }), NOW);
    for (const row of ROWS) {
      rowColor(made, view({ mode }), row, NOW).forEach((channel, i) => expect(out[3 * row + i]).toBeCloseTo(linear(channel), 2));
    }
  });
});

test("a fresh value has exactly its ramp's colour", () => {
  expect(rowColor(state(), view(), 1, NOW)).toEqual(rampColor(SCALES.cpu, 50));
});

test("a lost node is dark whatever it last said", () => {
  expect(rowColor(state(), view(), 2, NOW)).toEqual(DEAD);
  for (const mode of MODES) expect(luminance(rowColor(state(), view({ mode }), 2, NOW))).toBeLessThan(0.1);
});

test("an old value is duller than a new one", () => {
  const old = state([1, 1, 1, 1], [200, 200, 0, 0]);
  expect(luminance(rowColor(old, view(), 1, NOW))).toBeLessThan(0.6 * luminance(rowColor(state(), view(), 1, NOW)));
});

test("nothing is shown as fresh while the wire is silent", () => {
  const made = state([1, 1, 1, 1]);
  for (const row of [1, 2]) {
    const [live, silent] = [false, true].map((quiet) => luminance(rowColor(made, view({ silent: quiet }), row, NOW)));
    expect(silent!).toBeLessThan(0.5 * live!);
  }
});

test("a report just heard glows, and no longer a moment later", () => {
  const [made, calm, lit] = [state(), new Float32Array(12), new Float32Array(12)];
  paint(calm, made, view(), NOW);
  paint(lit, made, view(), NOW, 0.5);
  expect(lit[3]!).toBeCloseTo(1.5 * calm[3]!, 5);
  paint(lit, made, view(), NOW + 3000, 0.5);
  expect(lit[3]!).toBeCloseTo(calm[3]!, 2);
});
