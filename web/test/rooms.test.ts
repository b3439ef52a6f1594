// Which links lead into one's own room, by browser and by what the server has.
import { describe, expect, test } from "vitest";
import { waysToRoom, type Browser } from "../src/rooms";

const named = (...names: string[]): Record<string, { url: string }> => Object.fromEntries(names.map((name) => [name, { url: `/models/${name.replace(".", ".77.")}` }]));
const FILES = named("layout.json", "pi.glb", "big-box.anchored.usdz", "big-box.far.glb", "big-box.glb", "big-box.instanced.glb", "big-box.table.usdz", "big-box.usdz");
const PAGE = "https://twin.example:8443/?name=Ada#node=1&x=%26";
const ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36";
const browser = (some: Partial<Browser>): Browser => ({ quickLook: false, immersive: false, agent: "", page: PAGE, ...some });

describe("Quick Look", () => {
  test("gets life size, the table's size, and the one that hangs on a marker, which is not to be scaled", () => {
    expect(waysToRoom(FILES, browser({ quickLook: true }))).toEqual({
      room: "/models/big-box.77.usdz#allowsContentScaling=1",
      table: "/models/big-box.77.table.usdz#allowsContentScaling=1",
      here: "/models/big-box.77.anchored.usdz#allowsContentScaling=0",
    });
  });

  test("gets what there is", () => {
    expect(waysToRoom(named("desk.usdz", "desk.glb"), browser({ quickLook: true }))).toEqual({ room: "/models/desk.77.usdz#allowsContentScaling=1" });
    expect(waysToRoom({}, browser({ quickLook: true }))).toEqual({});
  });
});

describe("Scene Viewer", () => {
  const way = (some: Partial<Browser>, files = FILES): string | undefined => waysToRoom(files, browser({ agent: ANDROID, ...some })).room;

  test("gets the plain GLB by its whole address, and the way back", () => {
    const intent = way({})!;
    expect(intent.startsWith("intent://arvr.google.com/scene-viewer/1.2?")).toBe(true);
    const [query, rest] = intent.slice(intent.indexOf("?") + 1).split("#") as [string, string];
    expect(new URLSearchParams(query).get("file")).toBe("https://twin.example:8443/models/big-box.77.glb");
    const parts = rest.split(";");
    expect(parts).toContain("package=com.google.ar.core");
    expect(parts.at(-2)).toBe("end");
    expect(decodeURIComponent(parts.find((one) => one.startsWith("S.browser_fallback_url="))!.split("=")[1]!)).toBe(PAGE);
  });

  test.each([
    ["another system", { agent: "Mozilla/5.0 (X11; Linux x86_64)" }, FILES],
    ["a browser that goes into the room itself", { immersive: true }, FILES],
    ["a page without HTTPS", { page: "http://10.0.0.5:8080/" }, FILES],
    ["a server without the file", {}, named("pi.glb", "desk.instanced.glb", "desk.usdz")],
  ])("not for %s", (_, some, files) => {
    expect(way(some, files)).toBeUndefined();
  });
});
