import { describe, expect, test } from "vitest";
import { LENGTHS, following, holding, lengthText, moved, msAt, nextLength, resized, spanOf, stepFor, whole, wholeLength, within, xOf } from "../src/span";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const span = { from: 1000, to: 2000 };

describe("a moment and its pixel", () => {
  test("are each other's way back", () => {
    expect(xOf(span, 500, 1200)).toBe(100);
    expect(msAt(span, 500, 100)).toBe(1200);
  });

  test("a finger beyond the end is at the end", () => {
    expect([msAt(span, 500, -40), msAt(span, 500, 900), msAt(span, 0, 5)]).toEqual([1000, 2000, 1000]);
  });
});

describe("zoom", () => {
  test("keeps the moment under the pointer where it is", () => {
    const wider = resized(span, 4000, 1200);
    expect(wider.to - wider.from).toBe(4000);
    expect(xOf(wider, 500, 1200)).toBe(xOf(span, 500, 1200));
  });

  test("goes through the lengths and stops at both ends", () => {
    expect(nextLength(HOUR, 1)).toBe(3 * HOUR);
    expect(nextLength(HOUR, -1)).toBe(30 * MINUTE);
    expect(nextLength(LENGTHS[0]!, -1)).toBe(LENGTHS[0]);
    expect(nextLength(LENGTHS.at(-1)!, 1)).toBe(LENGTHS.at(-1));
  });

  test("everything is a little more than there is, and does not grow each second", () => {
    for (const age of [0, 5_000, 11 * MINUTE, 3 * HOUR + 1, 40 * HOUR, 300 * 24 * HOUR]) {
      const length = wholeLength(age);
      expect(length).toBeGreaterThanOrEqual(Math.max(age, 10 * MINUTE));
      expect(length).toBeLessThanOrEqual(Math.max(1.07 * age, 11 * MINUTE));
    }
    expect(wholeLength(3 * HOUR + 1000)).toBe(wholeLength(3 * HOUR + 60_000));
  });

  test("every length has a name of its own", () => {
    expect(LENGTHS.map(lengthText)).toEqual(["10 min", "30 min", "1 h", "3 h", "12 h", "1 day", "3 days", "1 week", "4 weeks", "13 weeks", "1 year"]);
  });
});

describe("where the stretch may lie", () => {
  const reach = { from: 0, to: 10_000 };

  test("inside of what there is it stays", () => expect(within(span, reach)).toEqual(span));
  test("it does not end in the future", () => expect(within(moved(span, 9500), reach)).toEqual({ from: 9000, to: 10_000 }));
  test("it does not begin before everything", () => expect(within(moved(span, -5000), reach)).toEqual({ from: 0, to: 1000 }));
  test("when it is longer than what there is, it ends where that ends", () => {
    expect(within({ from: -50_000, to: 5000 }, reach)).toEqual({ from: -45_000, to: 10_000 });
  });

  test("it moves only as far as the playhead needs", () => {
    expect(holding(span, 1999)).toBe(span);
    expect(holding(span, 500)).toEqual({ from: 440, to: 1440 });
    expect(holding(span, 2500)).toEqual({ from: 1560, to: 2560 });
  });

  test("the present moves it in whole pixels", () => {
    const a = following(1_000_001, 100_000, 1000);
    expect(a.to).toBe(1_000_100);
    expect(following(1_000_099, 100_000, 1000)).toEqual(a);
    expect(following(1_000_101, 100_000, 1000).to).toBe(1_000_200);
  });
});

describe("steps", () => {
  test("are whole minutes, and no narrower than can be seen", () => {
    expect(stepFor(HOUR, 1000)).toBe(MINUTE);
    expect(stepFor(24 * HOUR, 1000)).toBe(5 * MINUTE);
    expect(stepFor(24 * HOUR, 300)).toBe(15 * MINUTE);
    expect(stepFor(HOUR, 0)).toBe(HOUR);
  });

  test("the same question is asked while the stretch moves within a step", () => {
    const asked = whole(spanOf(10 * HOUR + 5000, HOUR), 5 * MINUTE);
    expect(asked).toEqual({ from: 9 * HOUR, to: 10 * HOUR + 5 * MINUTE });
    expect(whole(spanOf(10 * HOUR + 65_000, HOUR), 5 * MINUTE)).toEqual(asked);
  });
});
