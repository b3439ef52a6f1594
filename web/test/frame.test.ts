import { describe, expect, test } from "vitest";
import { FrameError } from "../src/errors";
import { decodeFrame, type Frame } from "../src/frame";
import { FIELDS } from "../src/protocol.gen";
import { frameBytes } from "./build";

const METRICS = ["cpu", "memory", "disk", "temperature"] as const;

interface Golden {
  hex: string;
  kind: string;
  epoch: number;
  seq: number;
  base: number;
  time_ms: number;
  rows: number[];
  metrics: Partial<Record<(typeof METRICS)[number], (number | null)[]>>;
  status: number[] | null;
  light: number[][] | null;
  age_ms: number[] | null;
}

const files = import.meta.glob<Record<string, Golden>>("../../tests/golden/frames.json", { eager: true, import: "default" });
const golden = Object.entries(Object.values(files)[0] ?? {});

describe("golden frames, the same in Python", () => {
  test("there are some", () => expect(golden.length).toBeGreaterThan(4));

  test.each(golden)("%s", (_, expected) => {
    const frame = decodeFrame(fromHex(expected.hex));
    const { kind, epoch, seq, base, time_ms: timeMs, rows } = expected;
    expect(frame).toMatchObject({ kind, epoch, seq, base, timeMs, count: rows.length });
    expect([...frame.row]).toEqual(rows);
    for (const name of METRICS) expect(valuesOf(frame, name), name).toEqual(expected.metrics[name] ?? null);
    expect(frame.status && [...frame.status]).toEqual(expected.status);
    expect(frame.light && [...frame.light]).toEqual(expected.light?.flat() ?? null);
    expect(frame.age && [...frame.age].map((age) => age * 100)).toEqual(expected.age_ms?.map((ms) => Math.min(ms, 6_553_500)) ?? null);
  });
});

test("a frame reads the same from an ArrayBuffer, and from the middle of a bigger one", () => {
  const bytes = frameBytes({ rows: [1, 2], cpu: [3, 4], age: [5, 6] });
  const bigger = new Uint8Array(bytes.length + 3);
  bigger.set(bytes, 3);
  for (const input of [bytes.slice().buffer, bigger.subarray(3)]) {
    const frame = decodeFrame(input);
    expect([...frame.row, ...frame.cpu!, ...frame.age!]).toEqual([1, 2, 3, 4, 5, 6]);
  }
});

test("columns that this page does not know are left alone", () => {
  const bytes = frameBytes({ rows: [1], cpu: [9] });
  bytes[29] = 0x01; // bit 8
  const longer = new Uint8Array([...bytes, 1, 2, 3]);
  expect([...decodeFrame(longer).cpu!]).toEqual([9]);
});

test("times beyond 32 bits survive", () => {
  expect(decodeFrame(frameBytes({ timeMs: 1_700_000_000_250 })).timeMs).toBe(1_700_000_000_250);
});

test.each([
  ["nothing at all", new Uint8Array(0), "frame_short"],
  ["a header cut short", frameBytes().subarray(0, 29), "frame_short"],
  ["another magic", changed(0, 0x55), "frame_magic"],
  ["another version", changed(2, 2), "frame_version"],
  ["a kind nobody knows", changed(3, 9), "frame_kind"],
  ["more rows than bytes", changed(24, 200), "frame_short"],
  ["a count that would fill the memory", changed(27, 255), "frame_short"],
  ["bytes left over", new Uint8Array([...frameBytes({ rows: [1], cpu: [2] }), 0]), "frame_length"],
])("%s is refused by name", (_, bytes, code) => {
  expect(codeOf(bytes)).toBe(code);
});

test("cut anywhere, a frame is refused and never half read", () => {
  const bytes = frameBytes({ rows: [1, 2, 3], cpu: [1, 2, 3], light: [1, 2, 3, 4, 5, 6, 7, 8, 9], age: [1, 2, 3] });
  for (let length = 0; length < bytes.length; length++) expect(codeOf(bytes.subarray(0, length))).toBe("frame_short");
});

function valuesOf(frame: Frame, name: (typeof METRICS)[number]): (number | null)[] | null {
  const { step, missing } = FIELDS.find((field) => field.name === name)!;
  const raw = frame[name];
  return raw && [...raw].map((byte) => (byte === missing ? null : byte * step));
}

function codeOf(bytes: Uint8Array): string {
  try {
    decodeFrame(bytes);
    return "read";
  } catch (error) {
    return error instanceof FrameError ? error.code : String(error);
  }
}

function changed(at: number, value: number): Uint8Array {
  const bytes = frameBytes({ rows: [1], cpu: [2] });
  bytes[at] = value;
  return bytes;
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
