// markers.json as Python writes it, read; and the whole way from that file to a pose.
import { describe, expect, test } from "vitest";
import { align } from "../../src/ar/align";
import type { Point } from "../../src/ar/lens";
import type { Vec3 } from "../../src/ar/linear";
import { parseMarkers } from "../../src/ar/markers";
import { miss } from "../../src/ar/overlay";
import { solvePose, type Seen } from "../../src/ar/pose";
import { Templates } from "../../src/ar/template";
import { MarkersError } from "../../src/errors";
import { corners, dice, IDEAL, look, normal, photograph } from "./studio";

const files = import.meta.glob<Record<string, unknown>>("../../../tests/golden/markers.json", { eager: true, import: "default" });
const GOLDEN = Object.values(files)[0]!;
const spoil = (change: (value: any) => void): unknown => {
  const copy = JSON.parse(JSON.stringify(GOLDEN));
  change(copy);
  return copy;
};

describe("the golden markers.json, written in Python", () => {
  const markers = parseMarkers(GOLDEN);

  test("has the desk's two markers and the ruler's four, found by what a decoder says", () => {
    expect(markers.markers.map((one) => [one.id, one.switchIp, one.size])).toEqual([["1A", "192.168.1.2", 0.08], ["1B", "192.168.1.2", 0.08]]);
    expect(markers.ruler.markers.map((one) => one.id)).toEqual(["R1", "R2", "R3", "R4"]);
    expect(markers.ruler.crosses.get("A1")).toEqual([-0.06, 0.06, 0]);
    expect(markers.find("HTTPS://TWIN.EXAMPLE/M/1B")?.id).toBe("1B");
    expect(markers.find("https://twin.example/m/r3")?.id).toBe("R3");
    expect(markers.find("HTTPS://OTHER.EXAMPLE/M/1B")).toBeNull();
  });

  test("places go round the symbol as its modules do: a finder pattern in three corners, none in the fourth", () => {
    for (const { rows, places: [tl, tr, br, bl] } of markers.markers) {
      expect([rows[0]!.slice(0, 7), rows[0]!.slice(18), rows[24]!.slice(0, 7)]).toEqual(["1111111", "1111111", "1111111"]);
      expect(tl[0]).toBeLessThan(tr[0]); // the desk's rack faces south: its right is east
      expect(tl[1]).toBeGreaterThan(bl[1]);
      expect([br[0], br[1]]).toEqual([tr[0], bl[1]]);
    }
  });

  test("the ruler sheet at half a metre: every cross within 0.05 mm", () => {
    const sheet = markers.ruler.markers;
    const pose = look([0.12, 0.05, 0.5], [0, 0, 0], 0.02);
    const picture = photograph(sheet, pose, IDEAL, { blur: 0.8, noise: 2 });
    const random = dice(2);
    const seen = sheet.map((one): Seen => {
      const found = corners(one, pose, IDEAL).map(([x, y]): Point => [x + 0.7 * normal(random), y + 0.7 * normal(random)]);
      const aligned = align(picture, IDEAL, new Templates(one.rows), found)!;
      return { places: one.places, pixels: aligned.corners, information: aligned.information };
    });
    const { pose: solved } = solvePose(seen, IDEAL)!;
    const off = [...markers.ruler.crosses.values()].map((cross: Vec3) => Math.hypot(...miss(solved, IDEAL, pose, IDEAL, cross, [0, 0, 1])!));
    expect(Math.max(...off) * 1000).toBeLessThan(0.05);
  });
});

describe("what is no markers.json is refused by its key", () => {
  test.each([
    ["version", (value: any) => (value.version = 2)],
    ["markers[1].rows", (value: any) => value.markers[1].rows.pop()],
    ["markers[0].rows", (value: any) => (value.markers[0].rows[3] = "2".repeat(25))],
    ["markers[0].corners[2]", (value: any) => (value.markers[0].corners[2] = [1, 2])],
    ["markers[0].corners ", (value: any) => value.markers[0].corners.pop()],
    ["markers[0].size", (value: any) => (value.markers[0].size = "80 mm")],
    ["ruler.crosses.A1", (value: any) => (value.ruler.crosses.A1 = [0, 0, null])],
    ["1B", (value: any) => (value.markers[1].text = value.markers[0].text)],
    ["markers ", (value: any) => delete value.markers],
  ])("%s", (key, change) => {
    const bad = spoil(change);
    expect(() => parseMarkers(bad)).toThrow(MarkersError);
    expect(() => parseMarkers(bad)).toThrow(`markers.json: ${key}`);
  });

  test.each([[null], [[]], ["text"], [7]])("%j", (value) => expect(() => parseMarkers(value)).toThrow(MarkersError));
});
