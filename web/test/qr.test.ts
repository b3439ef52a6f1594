import { describe, expect, test } from "vitest";
import { qrOf } from "../src/qr";

/** Texts that fill each of the ten versions, as another program (segno) makes them, with the mask that it chose. */
const files = import.meta.glob<{ text: string; mask: number; rows: string[] }[]>("./golden/qr.json", { eager: true, import: "default" });
const GOLDEN = Object.values(files)[0] ?? [];

const rowsOf = (text: string, mask?: number): string[] | undefined =>
  qrOf(text, mask)?.map((row) => row.map((dark) => (dark ? "1" : "0")).join(""));

describe("a QR symbol", () => {
  test("is compared with ten others", () => expect(GOLDEN).toHaveLength(10));

  test.each(GOLDEN)("of $text.length letters is as others make it", ({ text, mask, rows }) => {
    expect(rowsOf(text, mask)).toEqual(rows);
  });

  test("is made with one of the eight masks", () => {
    const { text } = GOLDEN[0]!;
    const masked = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => rowsOf(text, mask)!.join());
    expect(new Set(masked).size).toBe(8);
    expect(masked).toContain(rowsOf(text)!.join());
  });

  test("of a shorter text differs from a longer one and is no smaller than it must be", () => {
    expect([1, 14, 15, 26, 27].map((length) => rowsOf("x".repeat(length))!.length)).toEqual([21, 21, 25, 25, 29]);
  });

  test("of too long a text is none", () => {
    expect(qrOf("x".repeat(214))).toBeNull();
  });
});
