import { describe, expect, test } from "vitest";
import { Anchorage } from "../../src/vr/anchorage";
import { follow, offsetFrom, rotated, type Pose, type Turn } from "../../src/vr/anchored";
import { parseKept, textOf } from "../../src/vr/kept";
import { MENU, ROOM_PADS, padAt } from "../../src/vr/menu";
import { Rig, type Point } from "../../src/vr/rig";
import { Floor, level, onFloor, resize, stand } from "../../src/vr/surface";

const NONE: Turn = { x: 0, y: 0, z: 0, w: 1 };

function about(axis: "x" | "y" | "z", angle: number): Turn {
  return { ...NONE, [axis]: Math.sin(angle / 2), w: Math.cos(angle / 2) };
}

function pose(x: number, y: number, z: number, orientation = NONE): Pose {
  return { position: { x, y, z }, orientation };
}

function rigAt(x: number, y: number, z: number, yaw: number): Rig {
  return Object.assign(new Rig(), { x, y, z, yaw });
}

function near(rig: Rig, { x, y, z }: Point, yaw: number): void {
  expect(Math.hypot(rig.x - x, rig.y - y, rig.z - z)).toBeLessThan(1e-9);
  expect(Math.abs(Math.sin(rig.yaw - yaw)) + (1 - Math.cos(rig.yaw - yaw))).toBeLessThan(1e-9);
}

describe("an anchor", () => {
  test("that has not moved leaves the cluster where it is, however the anchor lies", () => {
    const anchor = pose(1, 0.2, -3, about("y", 1.1));
    const tilted = pose(1, 0.2, -3, { x: 0.1, y: 0.7, z: -0.1, w: 0.7 });
    for (const { position, orientation } of [anchor, tilted]) {
      const length = Math.hypot(orientation.x, orientation.y, orientation.z, orientation.w);
      const { x, y, z, w } = orientation;
      const at: Pose = { position, orientation: { x: x / length, y: y / length, z: z / length, w: w / length } };
      const rig = rigAt(0.4, 0, -2, 0.6);
      const offset = offsetFrom(at, rig);
      follow(at, offset, rig);
      near(rig, { x: 0.4, y: 0, z: -2 }, 0.6);
    }
  });

  test("that is corrected takes the cluster along", () => {
    const rig = rigAt(0.4, 0, -2, 0.6);
    const offset = offsetFrom(pose(1, 0.2, -3), rig);
    follow(pose(1.1, 0.25, -3.2), offset, rig);
    near(rig, { x: 0.5, y: 0.05, z: -2.2 }, 0.6);
  });

  test("that is turned swings the cluster about it", () => {
    const rig = rigAt(1, 0, -2, 0); // a metre nearer than the anchor
    const offset = offsetFrom(pose(1, 0, -3), rig);
    follow(pose(1, 0, -3, about("y", Math.PI / 2)), offset, rig);
    near(rig, { x: 2, y: 0, z: -3 }, Math.PI / 2);
  });

  test("that tilts does not lay the cluster on its side", () => {
    const rig = rigAt(1, 0, -3, 0.4);
    const offset = offsetFrom(pose(1, 0, -3), rig);
    follow(pose(1, 0, -3, about("x", 0.2)), offset, rig);
    expect(Math.abs(rig.yaw - 0.4)).toBeLessThan(0.02);
    expect([rig.x, rig.y, rig.z]).toEqual([1, 0, -3]);
  });

  test("a turn goes the way that it goes in three", () => {
    const turned = rotated(about("y", Math.PI / 2), { x: 0, y: 0, z: 1 });
    expect(turned.x).toBeCloseTo(1, 12);
    expect(turned.z).toBeCloseTo(0, 12);
  });
});

describe("a surface", () => {
  test("the floor gets life size, a table and a chair's seat a small one", () => {
    const floor = new Floor();
    floor.begin(true, 1.6);
    expect([floor.sizeOn(0.02), floor.sizeOn(0.3), floor.sizeOn(0.45), floor.sizeOn(0.74)]).toEqual(["life", "life", "table", "table"]);
  });

  test("without a known floor the lowest thing met is it", () => {
    const floor = new Floor();
    floor.begin(false, 0); // heights count from where the head was
    expect(floor.sizeOn(-0.9)).toBe("table");
    expect(floor.sizeOn(-1.4)).toBe("life");
    floor.met(-2);
    floor.met(-0.9);
    expect([floor.y, floor.sizeOn(-1.4)]).toEqual([-2, "table"]);
  });

  test("is no wall and no ceiling", () => {
    expect(level(pose(0, 0, 0, about("x", 0.3)))).toBe(true);
    expect(level(pose(0, 0, 0, about("x", Math.PI / 2)))).toBe(false);
    expect(level(pose(0, 2, 0, about("x", Math.PI)))).toBe(false);
  });

  test("is the floor under a ray that points down and not too far away", () => {
    const hand = { x: 0.2, y: 1, z: 0 };
    expect(onFloor(hand, { x: 0, y: -Math.SQRT1_2, z: -Math.SQRT1_2 }, -0.5)).toEqual({ x: 0.2, y: -0.5, z: -1.5 });
    expect(onFloor(hand, { x: 0, y: 0.1, z: -0.995 }, 0)).toBeNull();
    expect(onFloor(hand, { x: 0, y: -0.1, z: -0.995 }, 0)).toBeNull(); // ten metres
  });
});

describe("put down", () => {
  test("its south side looks at who put it there", () => {
    const rig = new Rig();
    stand(rig, { x: 1, y: 0.74, z: -2 }, "table", { x: 0, y: 1.6, z: 0 });
    const south = rig.toRoom({ x: 0, y: 0, z: 4 }, { x: 0, y: 0, z: 0 }); // a metre from its middle at this size
    expect(Math.hypot(south.x, south.z)).toBeCloseTo(Math.hypot(1, 2) - 1, 9);
    expect([rig.scale, rig.y]).toEqual([0.25, 0.74]);
  });

  test("another size keeps its place, and life size its feet on the floor", () => {
    const rig = new Rig();
    stand(rig, { x: 1, y: 0.74, z: -2 }, "table", { x: 0, y: 1.6, z: 0 });
    const { yaw } = rig;
    resize(rig, "life", 0.03);
    expect([rig.x, rig.y, rig.z, rig.yaw, rig.scale]).toEqual([1, 0.03, -2, yaw, 1]);
    resize(rig, "table", 0.03);
    expect([rig.y, rig.scale]).toEqual([0.03, 0.25]);
  });

  test("the menu's third pad is another in one's own room", () => {
    expect(padAt(-MENU.width / 4, -MENU.height / 4, ROOM_PADS)).toBe("elsewhere");
  });
});

describe("what the device remembers", () => {
  const kept = { handle: "a-b", offset: { position: { x: 0.1, y: 0, z: -2 }, orientation: about("y", 0.4) }, scale: 0.25 };

  test("is read as it was written", () => {
    expect(parseKept(textOf(kept))).toEqual(kept);
  });

  test("and is nothing when it is anything else", () => {
    const wrong = [null, "", "{", "7", "[]", "{}", textOf({ ...kept, handle: "" }), textOf({ ...kept, scale: 40 }),
      textOf({ ...kept, offset: { ...kept.offset, orientation: { ...NONE, w: 3 } } }), textOf(kept).replace("0.25", '"0.25"'), textOf(kept).replace("-2", "null")];
    expect(wrong.map(parseKept)).toEqual(wrong.map(() => null));
  });
});

describe("the anchor that holds it", () => {
  /** A device whose answers come when the test says so. */
  function device(): { session: XRSession; deleted: string[]; answer: (name: string) => Promise<void>; make: () => Promise<XRAnchor> } {
    const waiting: ((anchor: XRAnchor) => void)[] = [];
    const deleted: string[] = [];
    const anchor = (name: string): XRAnchor => ({ anchorSpace: name as unknown as XRSpace, delete: () => void deleted.push(name) });
    return {
      session: {} as XRSession,
      deleted,
      make: () => new Promise((done) => waiting.push(done)),
      answer: async (name) => {
        waiting.shift()!(anchor(name));
        await Promise.resolve().then(() => undefined);
      },
    };
  }
  const seeing = (pose_: Pose | null): XRFrame => ({ getPose: () => pose_ && { transform: pose_ } }) as unknown as XRFrame;
  const SPACE = {} as XRReferenceSpace;

  test("an answer that comes after it was lifted is thrown away", async () => {
    const { session, deleted, answer, make } = device();
    const anchorage = new Anchorage(session, rigAt(0, 0, -2, 0));
    void anchorage.drop(pose(0, 0, -2), make);
    anchorage.lift();
    await answer("late");
    expect([anchorage.holds, deleted]).toEqual([false, ["late"]]);
  });

  test("another place deletes the old anchor, and the new one is followed", async () => {
    const { session, deleted, answer, make } = device();
    const rig = rigAt(0, 0, -2, 0);
    const anchorage = new Anchorage(session, rig);
    void anchorage.drop(pose(0, 0, -2), make);
    await answer("first");
    Object.assign(rig, { x: 1 });
    void anchorage.drop(pose(1, 0, -2), make);
    expect([anchorage.holds, deleted]).toEqual([false, ["first"]]);
    await answer("second");
    expect(anchorage.follow(seeing(pose(1, 0, -2.5)), SPACE)).toBe(true);
    near(rig, { x: 1, y: 0, z: -2.5 }, 0);
  });

  test("turned before the device has answered, it stays turned", async () => {
    const { session, answer, make } = device();
    const rig = rigAt(0, 0, -2, 0);
    const anchorage = new Anchorage(session, rig);
    void anchorage.drop(pose(0, 0, -2), make);
    rig.yaw = 0.5;
    anchorage.adjust();
    await answer("first");
    anchorage.follow(seeing(pose(0, 0, -2)), SPACE);
    near(rig, { x: 0, y: 0, z: -2 }, 0.5);
  });

  test("unknown or refused, the cluster stays", async () => {
    const { session, answer, make } = device();
    const rig = rigAt(0, 0, -2, 0.3);
    const anchorage = new Anchorage(session, rig);
    await anchorage.drop(pose(0, 0, -2), () => Promise.reject(new DOMException("no", "NotSupportedError")));
    await anchorage.drop(pose(0, 0, -2), () => undefined);
    expect([anchorage.holds, anchorage.follow(seeing(pose(5, 0, 0)), SPACE)]).toEqual([false, false]);
    void anchorage.drop(pose(0, 0, -2), make);
    await answer("first");
    expect(anchorage.follow(seeing(null), SPACE)).toBe(false);
    near(rig, { x: 0, y: 0, z: -2 }, 0.3);
  });
});
