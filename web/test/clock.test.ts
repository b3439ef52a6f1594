import { expect, test } from "vitest";
import { ServerClock } from "../src/clock";

test("the smallest delay seen is the truth", () => {
  const clock = new ServerClock();
  clock.observe(1_000_000, 500);
  clock.observe(1_001_000, 1_450);
  expect(clock.local(1_002_000, 9_000)).toBe(2_450);
});

test("no moment is ever later than now", () => {
  const clock = new ServerClock();
  clock.observe(1_000, 500);
  expect(clock.local(99_000, 600)).toBe(600);
});

test("without any message, a message's time is its arrival", () => {
  expect(new ServerClock().local(1_000, 77)).toBe(77);
});

test("a server clock that was set back is believed again after a while", () => {
  const clock = new ServerClock();
  for (let now = 0; now <= 40_000; now += 1_000) clock.observe(1_000_000 + now, now);
  for (let now = 41_000; now <= 120_000; now += 1_000) clock.observe(500_000 + now, now);
  expect(clock.local(500_000 + 120_000, 120_000)).toBe(120_000);
});
