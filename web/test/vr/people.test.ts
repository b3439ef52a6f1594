import { describe, expect, test } from "vitest";
import { Others } from "../../src/vr/others";
import { POSE_NUMBERS, decodePoses, type Poses } from "../../src/vr/poses";

interface Person {
  id: number;
  age_ms: number;
  head: number[];
  left: number[] | null;
  right: number[] | null;
}

const files = import.meta.glob<Record<string, { hex: string; people: Person[] }>>("../../../tests/golden/poses.json", { eager: true, import: "default" });
const GOLDEN = Object.values(files)[0] ?? {};

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** People with a head only, at x. */
function at(places: Record<number, number>): Poses {
  const id = Uint16Array.from(Object.keys(places).map(Number));
  const parts = new Float32Array(id.length * 3 * POSE_NUMBERS).fill(NaN);
  id.forEach((who, i) => parts.set([places[who]!, 1.6, 0, 0, 0, 0, 1], i * 3 * POSE_NUMBERS));
  return { id, age: new Uint16Array(id.length), parts };
}

function seen(others: Others, ms = 0): Record<number, number> {
  const found: Record<number, number> = {};
  others.each(ms, (_, parts, id) => (found[id] = parts[0]!));
  return found;
}

describe("poses on the wire", () => {
  test("there are golden ones", () => expect(Object.keys(GOLDEN).length).toBeGreaterThan(2));

  test.each(Object.entries(GOLDEN))("%s reads as it does in Python", (_, { hex, people }) => {
    const read = decodePoses(bytesOf(hex));
    expect([...read.id]).toEqual(people.map(({ id }) => id));
    expect([...read.age]).toEqual(people.map(({ age_ms }) => age_ms));
    people.forEach((person, i) => {
      (["head", "left", "right"] as const).forEach((name, part) => {
        const got = [...read.parts.slice((3 * i + part) * POSE_NUMBERS, (3 * i + part + 1) * POSE_NUMBERS)];
        const wanted = person[name];
        if (wanted === null) expect(got.every(Number.isNaN)).toBe(true);
        else got.forEach((value, k) => expect(value).toBeCloseTo(wanted[k]!, 4));
      });
    });
  });

  test("whatever is cut or lengthened is an error, never a read past the end", () => {
    const whole = bytesOf(GOLDEN["hands of some"]!.hex);
    for (let length = 0; length < whole.length; length++) expect(() => decodePoses(whole.slice(0, length))).toThrow(/poses|column/);
    expect(() => decodePoses(Uint8Array.from([...whole, 0]))).toThrow("follow the last column");
    expect(() => decodePoses(Uint8Array.from([1, ...whole.slice(1)]))).toThrow("begin with TP");
  });
});

describe("the others", () => {
  test("are seen with their names, oneself is not, and who is missing is gone", () => {
    const others = new Others();
    others.mine = 2;
    others.people({ id: [1, 2], name: ["Ada", "me"] });
    others.poses(at({ 1: 0.5, 2: 0 }));
    const names: string[] = [];
    others.each(0, (name) => names.push(name));
    expect(names).toEqual(["Ada"]);
    others.poses(at({ 2: 0 }));
    expect(others.count).toBe(0);
  });

  test("glide to where they are said to be, and do not overshoot; a jump is made at once", () => {
    const others = new Others();
    others.poses(at({ 1: 0 }));
    others.poses(at({ 1: 0.3 }));
    const half = seen(others, 50)[1]!;
    expect(half).toBeGreaterThan(0.1);
    expect(half).toBeLessThan(0.25);
    expect(seen(others, 1000)[1]).toBeCloseTo(0.3, 5);
    others.poses(at({ 1: 5 }));
    expect(seen(others)[1]).toBe(5);
  });

  test("rotations glide the short way and keep their length", () => {
    const others = new Others();
    const [one, two] = [at({ 1: 0 }), at({ 1: 0 })];
    one.parts.set([0, 0, 0, 1], 3);
    two.parts.set([0, -Math.SQRT1_2, 0, -Math.SQRT1_2], 3);
    others.poses(one);
    others.poses(two);
    for (let i = 0; i < 20; i++) {
      others.each(15, (_, parts) => expect(Math.hypot(parts[3]!, parts[4]!, parts[5]!, parts[6]!)).toBeCloseTo(1, 5));
    }
    others.each(0, (_, parts) => expect(Math.abs(parts[4]!)).toBeCloseTo(Math.SQRT1_2, 2));
  });

  test("a cut connection leaves nobody", () => {
    const others = new Others();
    others.poses(at({ 1: 0 }));
    others.clear();
    expect([others.count, others.mine]).toEqual([0, -1]);
  });
});
