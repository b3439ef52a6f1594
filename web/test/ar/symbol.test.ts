// The blurred template: against a blur done the slow way, and its slopes against small steps.
import { describe, expect, test } from "vitest";
import { BORDER, SAMPLES, Symbol } from "../../src/ar/symbol";
import { blurOf, stepOf, Templates } from "../../src/ar/template";
import { code } from "./studio";

const ROWS = code(3);
const symbol = new Symbol(ROWS);

/** Brightness at a point, modules from the symbol's top left, blurred by summing many points. */
function slowly(x: number, y: number, su: number, sv: number): number {
  let sum = 0, all = 0;
  for (let i = -40; i <= 40; i++) {
    for (let j = -40; j <= 40; j++) {
      const w = Math.exp(-0.5 * ((i / 10) ** 2 + (j / 10) ** 2));
      const dark = ROWS[Math.floor(y + (j / 10) * sv)]?.[Math.floor(x + (i / 10) * su)] === "1";
      sum += dark ? 0 : w;
      all += w;
    }
  }
  return sum / all;
}

describe("a blurred symbol", () => {
  test.each([[0.15, 0.15], [0.5, 0.3], [1.2, 0.8]])("is what a slow sum makes of it, blur %f x %f", (su, sv) => {
    const { value, side } = symbol.blurred(su, sv);
    let worst = 0;
    for (let n = 0; n < 400; n++) {
      const column = (n * 37) % side, row = (n * 53) % side;
      const x = (column + 0.5) / SAMPLES - BORDER, y = (row + 0.5) / SAMPLES - BORDER;
      if (x < 0 || y < 0 || x > 25 || y > 25) continue;
      worst = Math.max(worst, Math.abs(value[row * side + column]! - slowly(x, y, su, sv)));
    }
    expect(worst).toBeLessThan(0.03); // the slow sum's own grain
  });

  test("its slopes are those of its values", () => {
    // Wide enough that a difference over two samples is a fair slope.
    const { value, du, dv, side } = symbol.blurred(1.5, 1.5);
    const step = 2 / (SAMPLES * 25);
    let worst = 0, steepest = 0;
    for (let m = 10; m < side - 10; m++) {
      for (let n = 10; n < side - 10; n++) {
        const right = (value[m * side + n + 1]! - value[m * side + n - 1]!) / step;
        const down = (value[(m + 1) * side + n]! - value[(m - 1) * side + n]!) / step;
        worst = Math.max(worst, Math.abs(right - du[m * side + n]!), Math.abs(down - dv[m * side + n]!));
        steepest = Math.max(steepest, Math.abs(right));
      }
    }
    expect(worst).toBeLessThan(0.03 * steepest);
  });

  test("the value alone is the template's", () => {
    const alone = symbol.value(0.4, 0.7);
    const whole = symbol.blurred(0.4, 0.7).value;
    expect(alone).toEqual(whole);
  });

  test("far from dark modules it is white", () => {
    const { value } = symbol.blurred(0.2, 0.2);
    expect(value[0]).toBeCloseTo(1, 6);
  });
});

describe("templates", () => {
  test("a step is a third of an octave", () => {
    expect(blurOf(stepOf(0.5))).toBeCloseTo(0.5, 12);
    expect(blurOf(3) / blurOf(0)).toBeCloseTo(2, 12);
  });

  test("the same blur is made once while it is in use, and what is not used goes", () => {
    const templates = new Templates(ROWS);
    const first = templates.at(-3, -3);
    expect(templates.at(-3, -3)).toBe(first);
    for (let step = -9; step < -4; step++) templates.at(step, step);
    expect(templates.at(-3, -3)).not.toBe(first);
  });
});
