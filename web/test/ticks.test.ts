import { describe, expect, test } from "vitest";
import { Calendar, agoText, speedText } from "../src/ticks";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (iso: string): number => Date.parse(iso);
const utc = new Calendar("UTC");

describe("marks", () => {
  test("stand at even times, as many as there is room for", () => {
    const from = at("2026-11-22T21:47:13Z");
    expect(utc.ticks({ from, to: from + HOUR }, 1000).map(({ text }) => text)).toEqual([
      "21:50", "21:55", "22:00", "22:05", "22:10", "22:15", "22:20", "22:25", "22:30", "22:35", "22:40", "22:45",
    ]);
    expect(utc.ticks({ from, to: from + HOUR }, 300).map(({ text }) => text)).toEqual(["22:00", "22:30"]);
  });

  test("the first of a day carries its date", () => {
    const from = at("2026-11-22T20:00:00Z");
    const ticks = utc.ticks({ from, to: from + 8 * HOUR }, 700);
    expect(ticks.map(({ text }) => text)).toEqual(["20:00", "21:00", "22:00", "23:00", "23 Nov", "01:00", "02:00", "03:00", "04:00"]);
    expect(ticks.filter(({ day }) => day).map(({ ms }) => ms)).toEqual([at("2026-11-23T00:00:00Z")]);
  });

  test("follow the reader's wall clock", () => {
    const kolkata = new Calendar("Asia/Kolkata"); // half an hour beside the others
    const from = at("2026-11-22T17:40:00Z");
    expect(kolkata.ticks({ from, to: from + 3 * HOUR }, 330).map(({ text }) => text)).toEqual(["23 Nov", "01:00", "02:00"]);
  });

  test("days begin at midnight on both sides of the change to winter time", () => {
    const berlin = new Calendar("Europe/Berlin");
    const from = at("2026-10-23T12:00:00Z");
    const ticks = berlin.ticks({ from, to: from + 4 * DAY }, 400);
    expect(ticks.map(({ text }) => text)).toEqual(["24 Oct", "25 Oct", "26 Oct", "27 Oct"]);
    expect(ticks.map(({ ms }) => new Date(ms).getUTCHours())).toEqual([22, 22, 23, 23]);
  });

  test("a year has few enough", () => {
    const from = at("2026-01-01T00:00:00Z");
    const ticks = utc.ticks({ from, to: from + 365 * DAY }, 350);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThan(6);
  });
});

describe("words", () => {
  const now = at("2026-11-22T23:30:00Z");

  test("say the day as a person would", () => {
    expect(utc.moment(at("2026-11-22T23:14:05Z"), now)).toBe("today 23:14:05");
    expect(utc.moment(at("2026-11-21T00:00:00Z"), now)).toBe("yesterday 00:00:00");
    expect(utc.moment(at("2026-11-13T07:01:02Z"), now)).toBe("Fri 13 Nov 07:01:02");
    expect(utc.moment(at("2025-11-13T07:01:02Z"), now)).toBe("Thu 13 Nov 2025 07:01:02");
  });

  test("say how long ago it is", () => {
    expect([-5, 4200, 12 * 60_000, 125 * 60_000, 30 * HOUR, 80 * HOUR].map(agoText)).toEqual([
      "0 s ago", "4 s ago", "12 min ago", "2 h 5 min ago", "a day ago", "3 days ago",
    ]);
  });

  test("say how fast it goes", () => expect([1, 20, 60, 300, 3600].map(speedText)).toEqual(["1×", "20×", "1 min/s", "5 min/s", "1 h/s"]));
});
