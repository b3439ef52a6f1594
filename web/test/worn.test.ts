// The model's files, read, set up and worn, without a browser.
import { InstancedMesh, Matrix4, Texture, Vector3, type BufferGeometry } from "three";
import { describe, expect, test } from "vitest";
import { ModelError } from "../src/errors";
import { decodeFrame } from "../src/frame";
import { parseLayout, type Layout } from "../src/layout";
import { linear } from "../src/palette";
import { STATUSES } from "../src/protocol.gen";
import { readModel } from "../src/scene/glb";
import { Lamps, portPlaces } from "../src/scene/lamps";
import { Nodes } from "../src/scene/nodes";
import { lampPaint, newLight, piPaint, rotorPaint } from "../src/scene/paintwork";
import { Places } from "../src/scene/place";
import { Rotors, speedAt } from "../src/scene/rotors";
import { cagedShape } from "../src/scene/shapes";
import { PART, fanMatrix, wear, wearChosen } from "../src/scene/worn";
import { State } from "../src/state";
import { frameBytes, hello, layoutJson, roster } from "./build";
import { glbOf, type Made } from "./glb";

const HASH = "ab".repeat(32);
const CADDY = [linear(0xd8), linear(0xd9), linear(0xd6)] as const;
const GREEN = [linear(0x35), linear(0xe0), linear(0x5a)] as const;
const BLUE = [0.01, 0.05, 0.2] as const;

/** The small layout with its switches' addresses as its slots say them, two fans (one lies) and a lamp. */
function layout(): Layout {
  const json = layoutJson();
  const things = (one: object): object => one;
  json["switches"] = (json["switches"] as Record<string, unknown>[]).map((one, at) => ({ ...one, ip: `10.0.0.${at + 1}`, size: [0.48, 0.044, 0.25] }));
  json["fans"] = things({
    id: ["fan-0", "fan-1"], of: ["10.0.0.1-1", ""], position: [[0, 1, 0.2], [0, 1.4, 0]], size: [[0.03, 0.03, 0.008], [0.12, 0.025, 0.12]], yaw: [0, 0],
  });
  json["lamps"] = things({ id: ["lamp-0"], of: [""], position: [[0, 1.5, 0]], size: [[0.01, 0.01, 0.01]], yaw: [0] });
  return parseLayout(json);
}

const PIECES: readonly Made[] = [
  { name: "pis", paints: [CADDY, GREEN, BLUE], instances: 12 },
  { name: "switches", paints: [BLUE], instances: 2 },
  { name: "fans", paints: [BLUE], instances: 2 },
  { name: "rotors", paints: [BLUE], instances: 2 },
  { name: "rest", paints: [BLUE] },
  { name: "rest-glass", paints: [BLUE] },
];

function live(temperature: readonly number[], status = temperature.map(() => 1)): State {
  const state = new State();
  state.open(hello(), 0);
  state.seat(roster(temperature.length));
  const rows = temperature.map((_, row) => row);
  state.apply(decodeFrame(frameBytes({ rows, temperature: temperature.map((celsius) => 2 * celsius), status, age: rows.map(() => 0) })), 0);
  return state;
}

describe("a GLB", () => {
  test("is read as it was written", () => {
    const model = readModel(glbOf(HASH, PIECES), "x.glb");
    const pis = model.pieces.get("pis")!;
    expect([model.layout, pis.instances, pis.surfaces.length, model.pieces.get("rest")!.instances]).toEqual([HASH, 12, 1, 0]);
    const [surface] = pis.surfaces;
    expect([surface!.position.length, surface!.index.length]).toEqual([36, 18]);
    CADDY.forEach((light, i) => expect(surface!.color[i]).toBeCloseTo(light, 4));
  });

  test.each([
    ["is not a GLB", new Uint8Array(40).buffer],
    ["is GLB 1", changed(4, 1)],
    ["bytes and has", changed(8, 5)],
    ["chunks in another order", changed(16, 7)],
    ["no JSON", changed(20, 0x41414141)],
    ["has no meshes[", glbOf(HASH, PIECES, (json) => void (json["meshes"] = []))],
    ["not 3 wide", glbOf(HASH, PIECES, (json) => void ((json["accessors"] as Record<string, unknown>[])[0]!["type"] = "VEC2"))],
    ["not packed in the file", glbOf(HASH, PIECES, (json) => void ((json["accessors"] as Record<string, unknown>[])[0]!["count"] = 1e6))],
    ["is of kind 5121", glbOf(HASH, PIECES, (json) => void ((json["accessors"] as Record<string, unknown>[])[0]!["componentType"] = 5121))],
  ])("that %s is refused with its name", (wrong, bytes) => {
    expect(() => readModel(bytes, "x.glb")).toThrow(ModelError);
    expect(() => readModel(bytes, "x.glb")).toThrow(wrong);
    expect(() => readModel(bytes, "x.glb")).toThrow("x.glb");
  });

  test("that is cut short anywhere is refused, and nothing worse", () => {
    const whole = glbOf(HASH, PIECES);
    for (let end = 0; end < whole.byteLength; end += 97) expect(() => readModel(whole.slice(0, end), "x.glb")).toThrow(ModelError);
  });
});

function changed(at: number, word: number): ArrayBuffer {
  const bytes = glbOf(HASH, PIECES);
  new DataView(bytes).setUint32(at, word, true);
  return bytes;
}

describe("the model worn", () => {
  const worn = wear(readModel(glbOf(HASH, PIECES), "x.glb"), "x.glb", layout(), HASH);

  test("has its switches where the layout says, to a micrometre", () => {
    const position = worn.solid.getAttribute("position");
    const corners = Array.from({ length: position.count }, (_, i) => new Vector3().fromBufferAttribute(position, i));
    const { switches } = layout();
    // The first square is the rest's; then come the switches', each turned about y and moved.
    for (const [at, { position: [x, y, z], yaw }] of switches.entries()) {
      const own = corners.slice(4 + 4 * at, 8 + 4 * at).reduce((sum, one) => sum.add(one), new Vector3()).divideScalar(4);
      expect([own.x, own.y, own.z].map((metres, i) => Math.abs(metres - [x, y, z][i]!)).every((off) => off < 1e-6)).toBe(true);
      expect(Math.abs(worn.solid.getAttribute("normal").getZ(4 + 4 * at) - Math.cos(yaw))).toBeLessThan(1e-6);
    }
  });

  test("knows which of a Pi's parts take the state's colour and its light", () => {
    const finish = worn.pi.getAttribute("finish");
    expect([0, 4, 8].map((corner) => finish.getW(corner))).toEqual([PART.state, PART.light, PART.own]);
  });

  test("has Pis in a cube of edge 1, which the instances make a Pi's size", () => {
    const width = worn.pi.getAttribute("position").getX(1) - worn.pi.getAttribute("position").getX(0);
    expect(width * layout().pi[0]).toBeCloseTo(1); // the square of the file is 1 m wide
  });

  test("of another layout is refused", () => {
    expect(() => wear(readModel(glbOf("cd".repeat(32), PIECES), "x.glb"), "x.glb", layout(), HASH)).toThrow("another layout");
    const fewer = [{ ...PIECES[0]!, instances: 11 }, ...PIECES.slice(1)];
    expect(() => wear(readModel(glbOf(HASH, fewer), "x.glb"), "x.glb", layout(), HASH)).toThrow("has 11 pis, the layout 12");
  });

  test("has a chosen Pi with the cage that it had before", () => {
    const [plain, full] = [cagedShape(...layout().pi), wearChosen(readModel(glbOf(HASH, [{ name: "pi" }]), "pi.glb"), "pi.glb", layout())];
    const last = (geometry: BufferGeometry): number[] => [...geometry.getAttribute("position").array.slice(-3)];
    expect(last(full)).toEqual(last(plain));
    expect(full.getAttribute("position").count - plain.getAttribute("position").count).toBe(4);
    expect(() => wearChosen(readModel(glbOf(HASH, PIECES), "pi.glb"), "pi.glb", layout())).toThrow("has no pi");
  });

  test("is worn by the Pis in two shapes, and what came before is let go", () => {
    const places = new Places(layout());
    const nodes = new Nodes(places, new Texture(), piPaint(newLight()));
    const plain = nodes.pis.geometry;
    let gone = 0;
    plain.addEventListener("dispose", () => gone++);
    const far = wear(readModel(glbOf(HASH, PIECES), "x.glb"), "x.glb", layout(), HASH).pi;
    nodes.wear("far", far);
    expect([nodes.pis.geometry === far, gone]).toEqual([true, 1]);
    nodes.wear("near", worn.pi);
    nodes.near(true, 1);
    expect(nodes.pis.geometry).toBe(worn.pi);
    expect(worn.pi.getAttribute("shine")).toBe(far.getAttribute("shine"));
    nodes.near(false, 5);
    expect(nodes.pis.geometry).toBe(far);
  });
});

describe("fans", () => {
  const rotors = (): Rotors => new Rotors(layout(), wear(readModel(glbOf(HASH, PIECES), "x"), "x", layout(), HASH).rotor!, rotorPaint(newLight()));

  test("stand where the layout says and blow along their shortest edge", () => {
    const along = (fan: number): Vector3 => new Vector3(0, 0, 1).transformDirection(fanMatrix(layout(), fan));
    expect(along(0).distanceTo(new Vector3(0, 0, 1))).toBeLessThan(1e-6);
    expect(along(1).distanceTo(new Vector3(0, 1, 0))).toBeLessThan(1e-6);
    const size = new Vector3().setFromMatrixScale(fanMatrix(layout(), 1));
    expect(size.toArray().map((metres) => Math.round(metres * 1e6) / 1e6)).toEqual([0.12, 0.12, 0.025]);
  });

  test("turn faster the warmer it is, and not at all where nothing is known", () => {
    const speeds = [NaN, 20, 40, 60, 75, 90].map(speedAt);
    expect(speeds[0]).toBe(0);
    expect([...speeds].sort((a, b) => a - b)).toEqual(speeds);
    expect(speeds[4]).toBe(speeds[5]);
    expect(speeds[2]).toBeLessThan(speeds[3]!);
  });

  test("follow the warmest board that they cool; those of the frame, the warmest of all; nobody cools the lost", () => {
    const fans = rotors();
    const own = (state: State): [number, number] => (fans.update(state, 0, 0), [fans.speed(0), fans.speed(1)]);
    expect(own(live([40, 50, 60, 70, 30, 30]))).toEqual([speedAt(60), speedAt(70)]); // slots 0 to 2 are its shelf
    expect(own(live([40, 50, 60, 70, 30, 30], [1, 1, STATUSES.indexOf("lost"), 1, 1, 1]))).toEqual([speedAt(50), speedAt(70)]);
  });

  test("do not jump when their speed changes, nor when the clock is set back", () => {
    const fans = rotors();
    const turning = fans.mesh.geometry.getAttribute("turning");
    const angle = (time: number): number => turning.getX(0) + turning.getY(0) * time;
    const apart = (a: number, b: number): number => Math.abs(Math.atan2(Math.sin(a - b), Math.cos(a - b)));
    fans.update(live([40, 40, 40]), 0, 0);
    const before = angle(100);
    expect(fans.update(live([70, 40, 40]), 100, 0)).toBe(true);
    expect(apart(angle(100), before)).toBeLessThan(1e-3);
    fans.rebase(100);
    expect(apart(angle(0), before)).toBeLessThan(1e-3);
    expect(fans.update(live([70, 40, 40]), 0, 0)).toBe(false);
  });
});

describe("small lamps", () => {
  test("are one a port with a Pi, on the front of its switch", () => {
    const found = portPlaces(layout());
    expect(found.map(({ slot }) => slot)).toEqual([...Array(12).keys()]);
    const at = new Vector3().setFromMatrixPosition(found[0]!.matrix as Matrix4);
    expect(at.z).toBeCloseTo(0.2 + 0.125);
    const right = found.map(({ matrix }) => new Vector3().setFromMatrixPosition(matrix).x);
    expect(right[2]! - right[0]!).toBeGreaterThan(0.02); // port 3 is right of port 1 in the south ...
    expect(right[8]! - right[6]!).toBeLessThan(-0.02); // ... and left of it in the north, seen from the south
  });

  test("are as their Pi is: green, flashing with its reports, amber when late, dark when lost", () => {
    const lamps = new Lamps(layout(), lampPaint(newLight()));
    const [late, lost] = [STATUSES.indexOf("late"), STATUSES.indexOf("lost")];
    const state = live(Array(12).fill(40), [1, late, lost, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    const colour = (at: number): number[] => [...(lamps.mesh as InstancedMesh).instanceColor!.array.slice(3 * at, 3 * at + 3)];
    lamps.update(state, 0, 1, false);
    const flash = colour(0)[1]!;
    expect(colour(1)[0]).toBeGreaterThan(colour(1)[2]!);
    expect(colour(2)).toEqual([0, 0, 0]);
    expect(colour(12).every((light) => light > 1)).toBe(true); // the roof's
    lamps.update(state, 2000, 1, false);
    expect(colour(0)[1]).toBeLessThan(flash * 0.6);
    lamps.update(state, 2000, 0.25, false);
    expect(colour(12).every((light) => light < 0.4)).toBe(true);
    lamps.dispose();
  });
});
