import { describe, expect, test } from "vitest";
import { bandPath, indexAt, meanPath, rangeOf, reportsOf, type Series } from "../src/band";

const span = { from: 0, to: 1000 };
const box = { width: 100, height: 50, low: 0, high: 100 };
const FAR = Infinity;

function series(parts: Partial<Series> = {}): Series {
  return { step: 100, t: [0, 100], count: [5, 5], min: [0, 20], mean: [50, 60], max: [100, 80], ...parts };
}

describe("the paths", () => {
  test("are steps: up along the most, back along the least", () => {
    expect(bandPath(series(), span, box, FAR)).toBe("M0,0V0H10V10H20V40H10V50H0Z");
    expect(meanPath(series(), span, box, FAR)).toBe("M0,25V25H10V20H20");
  });

  test("have a hole where nobody reported", () => {
    const holed = series({ t: [0, 100, 200], count: [1, 0, 1], min: [10, NaN, 10], mean: [50, NaN, 50], max: [90, NaN, 90] });
    expect(meanPath(holed, span, box, FAR)).toBe("M0,25V25H10M20,25V25H30");
    expect(bandPath(holed, span, box, FAR).match(/Z/g)).toHaveLength(2);
  });

  test("have a hole where a step is not there at all", () => {
    expect(meanPath(series({ t: [0, 500] }), span, box, FAR)).toBe("M0,25V25H10M50,20V20H60");
  });

  test("end now, though their last step is not over", () => {
    expect(meanPath(series(), span, box, 150)).toBe("M0,25V25H10V20H15");
  });

  test("stay in the box when a value does not", () => {
    expect(meanPath(series({ mean: [-20, 900] }), span, box, FAR)).toBe("M0,50V50H10V0H20");
  });

  test("of nothing are nothing", () => {
    const nothing = series({ t: [], count: [], min: [], mean: [], max: [] });
    expect([bandPath(nothing, span, box, FAR), meanPath(nothing, span, box, FAR)]).toEqual(["", ""]);
    expect(rangeOf(nothing)).toBeNull();
  });
});

test("reports are counted a minute, and an unfinished step is not a fault", () => {
  const counted = reportsOf(series({ step: 120_000, t: [0, 120_000], count: [400, 10] }), 130_000);
  expect([counted.t, counted.mean]).toEqual([[0], [200]]);
});

describe("what was at a moment", () => {
  test("is the step that it lies in", () => {
    expect([-1, 0, 99, 100, 199, 200].map((ms) => indexAt(series(), ms))).toEqual([-1, 0, 0, 1, 1, -1]);
  });

  test("is nothing in a hole", () => {
    expect(indexAt(series({ t: [0, 500] }), 300)).toBe(-1);
    expect(indexAt(series({ mean: [NaN, 60] }), 50)).toBe(-1);
  });
});

test("the range leaves out what is unknown", () => {
  expect(rangeOf(series({ min: [NaN, 20], max: [NaN, 80] }))).toEqual([20, 80]);
});
