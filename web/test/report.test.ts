import { describe, expect, test } from "vitest";
import { NOT_REPORTED, ageText, clockText, extrasOf, linesOf, numberOf, processesOf } from "../src/report";

const REPORT = {
  CPU: "9.7", MemoryFree: 655.3, MemoryTotal: 877.6, MemoryPercentage: "25.3", DiskFree: 19.7, DiskTotal: 50, DiskPercentage: "60.6",
  CPUTemperature: "32.7'C", ip: "172.20.20.23", mac: "b8:27:eb:70:e3:c4", port: 4, switch_ip: "172.20.80.211",
  processes: [[{ pid: 1, name: "systemd", username: "root", memory_percent: 0.9, cpu_percent: 1.2 }]], data: {}, status: "true",
};
const KNOWN = { cpu: 9.5, memory: 25.5, disk: 60.5, temperature: 32.5 };
const NOTHING = { cpu: NaN, memory: NaN, disk: NaN, temperature: NaN };

test.each([["9.7", 9.7], ["9.7%", 9.7], ["32.7'C", 32.7], [4, 4], ["", NaN], ["no sensor", NaN], [null, NaN]])("%j is %d", (value, is) => {
  expect(numberOf(value)).toBe(is);
});

describe("the lines", () => {
  test("carry every metric with its unit", () => {
    const texts = linesOf(KNOWN, REPORT).map(({ text }) => text);
    expect(texts).toEqual(["9.7 %", "32.7 °C", "25.3 % · 655.3 of 877.6 MB free", "60.6 % · 19.7 of 50.0 GB free"]);
  });

  test("follow the frames where the report is older", () => {
    expect(linesOf({ ...KNOWN, cpu: 80 }, REPORT)[0]!.text).toBe("80.0 %");
  });

  test("never show a number for what the frames call unknown", () => {
    const zeros = { ...REPORT, CPU: "0", CPUTemperature: "0'C", MemoryTotal: 0, MemoryFree: 0, DiskTotal: 0 };
    for (const line of linesOf(NOTHING, zeros)) expect([line.text, line.share]).toEqual([NOT_REPORTED, NaN]);
  });

  test("are there before the report is", () => expect(linesOf(KNOWN, null)[0]!.text).toBe("9.5 %"));
});

test("processes are read nested, as the field sends them, and flat", () => {
  const one = { pid: "1", name: "systemd", user: "root", cpu: "1.2", memory: "0.9" };
  expect(processesOf(REPORT)).toEqual([one]);
  expect(processesOf({ processes: REPORT.processes[0] })).toEqual([one]);
  expect(processesOf({ processes: "none" })).toEqual([]);
});

test("what else a report carries is kept, what says nothing is not", () => {
  expect(extrasOf({ ...REPORT, fan: { rpm: 900 }, note: "hi", empty: "", status: "throttled" })).toEqual([
    ["status", "throttled"], ["fan", '{"rpm":900}'], ["note", "hi"],
  ]);
  expect(extrasOf(REPORT)).toEqual([]);
});

test.each([[0, "0.0 s ago"], [2440, "2.4 s ago"], [185_000, "3 min 5 s ago"], [6_000_000, "1 h 40 min ago"], [Infinity, "more than 109 min ago, or never"]])(
  "%d ms is %s", (ms, text) => expect(ageText(ms)).toBe(text));

test.each([
  [192_000, "Its clock is 3 min 12 s ahead."], [-2400, "Its clock is 2 s behind."], [3_600_000, "Its clock is 1 h ahead."],
  [-90_000_000, "Its clock is 1 d 1 h behind."], [-56 * 365.25 * 86_400_000, "Its clock is 56.0 years behind."], [1999, ""], [-2000, ""], [NaN, ""],
])("a clock that is %d ms off: %j", (skew, says) => expect(clockText(skew)).toBe(says));
