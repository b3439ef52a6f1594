import { describe, expect, test } from "vitest";
import { LOST_MS, Patience, addressFor } from "../src/ui/kiosk";
import { captionOf, fileNameOf, type Caption } from "../src/ui/photo";

describe("a big screen", () => {
  test("waits a minute without a link, then asks every five seconds, and is patient again once it is live", () => {
    const patience = new Patience();
    const asks = (from: number, to: number, live: boolean): number[] => {
      const found: number[] = [];
      for (let now = from; now < to; now += 250) if (patience.impatient(live, now)) found.push(now - from);
      return found;
    };
    expect(asks(0, 3 * LOST_MS, true)).toEqual([]);
    expect(asks(3 * LOST_MS, 4 * LOST_MS + 11_000, false)).toEqual([LOST_MS, LOST_MS + 5000, LOST_MS + 10_000]);
    expect(asks(5 * LOST_MS, 6 * LOST_MS, true)).toEqual([]);
    expect(asks(6 * LOST_MS, 7 * LOST_MS, false)).toEqual([]);
  });

  test("shows phones the same page with controls", () => {
    expect(addressFor("https://twin.example/?kiosk&by=temperature#node=x&t=2026-11-22T23:14:05Z")).toBe("https://twin.example/?by=temperature");
    expect(addressFor("http://10.0.0.5:8080/?kiosk")).toBe("http://10.0.0.5:8080/");
  });
});

describe("a picture", () => {
  const shot: Caption = { name: "Pi Cluster", atMs: Date.parse("2026-11-22T23:14:05.678Z"), past: false, counts: ["1,049 online", "1 lost"] };

  test("says what, when and how many, and whether that is the past", () => {
    expect(captionOf(shot)).toEqual(["Pi Cluster · 2026-11-22 23:14:05 UTC", "1,049 online · 1 lost"]);
    expect(captionOf({ ...shot, past: true })[0]).toBe("Pi Cluster · the past, 2026-11-22 23:14:05 UTC");
  });

  test("has a name that sorts by time and that every system takes", () => {
    expect(fileNameOf(shot)).toBe("twin-pi-cluster-2026-11-22T23-14-05Z.png");
    expect(fileNameOf({ ...shot, name: "../ÄÖ" })).toMatch(/^twin-cluster-/);
  });
});
