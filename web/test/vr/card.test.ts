import { describe, expect, test } from "vitest";
import { decodeFrame } from "../../src/frame";
import { State } from "../../src/state";
import { cardOf, rangeText } from "../../src/vr/card";
import { forward } from "../../src/vr/hand";
import { MENU, PADS, padAt } from "../../src/vr/menu";
import { frameBytes, hello, layout, roster } from "../build";

function state(): State {
  const made = new State();
  made.open(hello(), 0);
  made.seat(roster(3, { slot: [0, 1, -1] }));
  made.apply(decodeFrame(frameBytes({ rows: [0, 1, 2], cpu: [20, 255, 40], status: [1, 1, 1], age: [0, 0, 0] })), 0);
  return made;
}

describe("a card", () => {
  test("says who, where, how and how old", () => {
    const card = cardOf(state(), 0, null, layout(), 2400, false);
    expect(card.title).toBe("10.0.0.1-1");
    expect(card.place).toBe("south · bank 1 · shelf 1 · port 1");
    expect(card.heard).toContain("2.4 s ago");
    expect(card.stale).toBe(false);
    expect(card.lines[0]).toMatchObject({ label: "CPU", text: "10.0 %" });
  });

  test("unknown is unknown, an old value is stale, a silent wire is said", () => {
    expect(cardOf(state(), 1, null, layout(), 0, false).lines[0]!.text).toBe("not reported");
    expect(cardOf(state(), 0, null, layout(), 60_000, false).stale).toBe(true);
    expect(cardOf(state(), 0, null, layout(), 0, true)).toMatchObject({ stale: true, heard: expect.stringContaining("silent") });
    expect(cardOf(state(), 2, null, layout(), 0, false).place).toBe("holding area");
  });

  test("a report of another Pi is not shown as this one's", () => {
    const detail = { id: "x", row: 1, mac: "", ip: "", slot: 1, status: "online", age_ms: 0, received_ms: 0, skew_ms: null,
      report: { processes: [{ name: "other", cpu_percent: 1 }] } };
    expect(cardOf(state(), 0, detail, layout(), 0, false).processes).toEqual([]);
    expect(cardOf(state(), 1, detail, layout(), 0, false).processes).toEqual(["other  1.0 %"]);
  });

  test("the edges of a chart", () => {
    const series = { step: 1, t: [0, 1], count: [1, 1], min: [NaN, 2], mean: [NaN, 3], max: [NaN, 4.25] };
    expect(rangeText(series, "%")).toBe("2.0 to 4.3 %");
    expect(rangeText({ ...series, min: [NaN, NaN], max: [NaN, NaN] }, "%")).toBe("");
    expect(rangeText(null, "%")).toBe("");
  });
});

describe("the menu", () => {
  test("four pads, left to right, top to bottom, and nothing beside them", () => {
    const [x, y] = [MENU.width / 4, MENU.height / 4];
    expect([padAt(-x, y), padAt(x, y), padAt(-x, -y), padAt(x, -y)]).toEqual(PADS);
    expect([padAt(4 * x, 0), padAt(0, 4 * y), padAt(-4 * x, 0)]).toEqual([null, null, null]);
  });
});

describe("a hand", () => {
  test("points along -z of its turn", () => {
    const half = Math.SQRT1_2;
    const out = { x: 0, y: 0, z: 0 };
    forward({ x: 0, y: 0, z: 0, w: 1 }, out);
    expect(out.z).toBe(-1);
    forward({ x: 0, y: half, z: 0, w: half }, out); // a quarter turn to the left
    expect(out.x).toBeCloseTo(-1, 9);
    forward({ x: half, y: 0, z: 0, w: half }, out); // up
    expect(out.y).toBeCloseTo(1, 9);
  });
});
