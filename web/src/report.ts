// Owns what a node's full report says to a person: its lines with units, its processes, and whatever else it carries.
// Pure. The report is in the field's own dialect ("9.7", "32.7'C", numbers, nested processes); called by ui/panel.
// A value that the frame calls unknown is unknown here too: the dialect must write a number even where there is none.

import type { Mode } from "./palette";

export interface Line {
  readonly label: string;
  readonly text: string;
  /** 0..1 for a bar, NaN for none. */
  readonly share: number;
  /** Whose ramp colours the bar. */
  readonly mode: Exclude<Mode, "status"> | null;
}

export interface Process {
  readonly pid: string;
  readonly name: string;
  readonly user: string;
  readonly cpu: string;
  readonly memory: string;
}

export interface Known {
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number;
  readonly temperature: number;
}

/** A clock that is wrong by no more is nobody's trouble. */
const SKEW_MS = 2000;
export const NOT_REPORTED = "not reported";
const SHOWN_ELSEWHERE = new Set(["CPU", "MemoryFree", "MemoryTotal", "MemoryPercentage", "DiskFree", "DiskTotal",
  "DiskPercentage", "CPUTemperature", "ip", "mac", "port", "switch_ip", "processes"]);

/** What a report number is, whichever way it was written; NaN when it is none. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return NaN;
  const text = value.replace(/'?C$|%$/, "").trim();
  return text === "" ? NaN : Number(text);
}

/** The metrics, every one with its unit. `known` is what the frames say; `report` may still be on its way. */
export function linesOf(known: Known, report: Readonly<Record<string, unknown>> | null): Line[] {
  const from = (key: string, live: number): number => {
    const said = numberOf(report?.[key]);
    // The report has a digit more than the frame, but may be older: it counts only while the two agree.
    return Number.isNaN(live) ? NaN : Math.abs(said - live) <= 0.5 ? said : live;
  };
  const cpu = from("CPU", known.cpu);
  const memory = from("MemoryPercentage", known.memory);
  const disk = from("DiskPercentage", known.disk);
  const heat = from("CPUTemperature", known.temperature);
  return [
    { label: "CPU", text: figure(cpu, "%"), share: cpu / 100, mode: "cpu" },
    { label: "Temperature", text: figure(heat, "°C"), share: (heat - 20) / 65, mode: "temperature" },
    { label: "Memory", text: figure(memory, "%") + rest(report, "Memory", "MB"), share: memory / 100, mode: "memory" },
    { label: "Disk", text: figure(disk, "%") + rest(report, "Disk", "GB"), share: disk / 100, mode: null },
  ];
}

/** The top processes; the field sends them in a list of their own, newer agents might not. */
export function processesOf(report: Readonly<Record<string, unknown>> | null): Process[] {
  const given = report?.["processes"];
  if (!Array.isArray(given)) return [];
  return given.flat(2).filter(isRecord).map((one) => ({
    pid: String(one["pid"] ?? ""),
    name: String(one["name"] ?? ""),
    user: String(one["username"] ?? ""),
    cpu: short(numberOf(one["cpu_percent"])),
    memory: short(numberOf(one["memory_percent"])),
  }));
}

/** Every other key of the report, as it came. */
export function extrasOf(report: Readonly<Record<string, unknown>> | null): [string, string][] {
  return Object.entries(report ?? {})
    .filter(([key, value]) => !SHOWN_ELSEWHERE.has(key) && !isEmpty(value))
    .filter(([key, value]) => key !== "status" || value !== "true") // the field's way of saying that all is well
    .map(([key, value]) => (key === "sampledAt" ? ["Sampled", timeText(value)] : [key, plain(value)]));
}

/** Milliseconds as a person says them: "2.4 s", "3 min 5 s", "2 h 10 min"; never heard has no number. */
export function ageText(ms: number): string {
  if (ms > 6_553_000) return "more than 109 min ago, or never";
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s ago`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min ago`;
}

/** "Its clock is 3 min 12 s ahead."; "" when it is right, or nobody knows (NaN). Positive: ahead. */
export function clockText(skewMs: number): string {
  const off = Math.abs(skewMs);
  if (!(off > SKEW_MS)) return "";
  const units: readonly [number, string][] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"]];
  const first = Math.max(0, units.findIndex(([size]) => off >= size));
  const [[large, name], next] = [units[first]!, units[first + 1]];
  const rest = next ? Math.floor((off % large) / next[0]) : 0;
  const years = off / (365.25 * 86_400_000);
  const amount = years >= 1 ? `${years.toFixed(1)} years` : `${Math.floor(off / large)} ${name}${next && rest > 0 ? ` ${rest} ${next[1]}` : ""}`;
  return `Its clock is ${amount} ${skewMs > 0 ? "ahead" : "behind"}.`;
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function timeText(value: unknown): string {
  const at = new Date(numberOf(value));
  return Number.isNaN(at.getTime()) ? plain(value) : at.toLocaleTimeString();
}

function figure(value: number, unit: string): string {
  return Number.isNaN(value) ? NOT_REPORTED : `${value.toFixed(1)} ${unit}`;
}

function rest(report: Readonly<Record<string, unknown>> | null, what: string, unit: string): string {
  const free = numberOf(report?.[`${what}Free`]);
  const total = numberOf(report?.[`${what}Total`]);
  return total > 0 && free >= 0 ? ` · ${free.toFixed(1)} of ${total.toFixed(1)} ${unit} free` : "";
}

function short(value: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isEmpty(value: unknown): boolean {
  return value === "" || value === null || (isRecord(value) && Object.keys(value).length === 0);
}
