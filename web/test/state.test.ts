import { describe, expect, test } from "vitest";
import { decodeFrame } from "../src/frame";
import { STATUSES } from "../src/protocol.gen";
import { State, type Applied } from "../src/state";
import { frameBytes, hello, roster, type FrameParts } from "./build";

const NOW = 500;

function opened(nodes = 3): State {
  const state = new State();
  state.open(hello(), NOW);
  state.seat(roster(nodes));
  return state;
}

function give(state: State, parts: FrameParts, now = NOW): Applied {
  return state.apply(decodeFrame(frameBytes(parts)), now);
}

const FULL: FrameParts = { seq: 5, rows: [0, 1, 2], cpu: [10, 20, 255], status: [1, 1, 3], age: [0, 10, 65535], light: [255, 0, 0, 0, 0, 0, 1, 2, 3] };

describe("frames", () => {
  test("a snapshot is taken in, with units", () => {
    const state = opened();
    expect(give(state, FULL)).toBe("applied");
    expect([...state.cpu.subarray(0, 3)]).toEqual([5, 10, NaN]);
    expect([...state.light.subarray(0, 9)]).toEqual(FULL.light);
    expect(state.seq).toBe(5);
  });

  test("a delta changes what it names and nothing else", () => {
    const state = opened();
    give(state, FULL);
    expect(give(state, { kind: "delta", seq: 6, base: 5, rows: [1], cpu: [99] })).toBe("applied");
    expect([...state.cpu.subarray(0, 2)]).toEqual([5, 49.5]);
    expect(state.status[1]).toBe(1);
  });

  test("a value that became unknown is unknown", () => {
    const state = opened();
    give(state, FULL);
    give(state, { kind: "delta", seq: 6, base: 5, rows: [0], cpu: [255] });
    expect(state.cpu[0]).toBeNaN();
  });

  test("a merged delta that begins earlier than what is here is applied", () => {
    const state = opened();
    give(state, FULL);
    expect(give(state, { kind: "delta", seq: 9, base: 3, rows: [0], cpu: [2] })).toBe("applied");
    expect(state.seq).toBe(9);
  });

  test("a duplicate is ignored", () => {
    const state = opened();
    give(state, FULL);
    expect(give(state, { kind: "delta", seq: 5, base: 4, rows: [0], cpu: [200] })).toBe("ignored");
    expect(state.cpu[0]).toBe(5);
  });

  test("a gap changes nothing and is reported", () => {
    const state = opened();
    give(state, FULL);
    expect(give(state, { kind: "delta", seq: 8, base: 7, rows: [0], cpu: [200] })).toBe("gap");
    expect([state.cpu[0], state.seq]).toEqual([5, 5]);
  });

  test("a frame of another epoch is a gap, not a picture", () => {
    const state = opened();
    expect(give(state, { ...FULL, epoch: 8 })).toBe("gap");
  });

  test("a snapshot replaces every value, also of rows it does not name", () => {
    const state = opened();
    give(state, FULL);
    give(state, { seq: 9, rows: [1], cpu: [4], status: [1], age: [0] });
    expect([...state.cpu.subarray(0, 3)]).toEqual([NaN, 2, NaN]);
    expect(state.age(0, NOW)).toBe(Infinity);
  });

  test("an old snapshot is ignored", () => {
    const state = opened();
    give(state, { ...FULL, seq: 9 });
    expect(give(state, { ...FULL, seq: 8, cpu: [0, 0, 0] })).toBe("ignored");
  });

});

describe("a replay", () => {
  const PAST = 2 ** 31;

  function replaying(): State {
    const state = opened();
    give(state, FULL);
    state.open(hello({ epoch: PAST }), NOW);
    state.seat(roster(3, { epoch: PAST }));
    give(state, { ...FULL, kind: "replay", epoch: PAST, seq: 1, base: 0, timeMs: 400 });
    return state;
  }

  test("of the epoch replaces everything, and says what time it is of", () => {
    const state = replaying();
    expect([...state.cpu.subarray(0, 2)]).toEqual([5, 10]);
    expect([state.past, state.pastMs]).toEqual([true, 400]);
    give(state, { kind: "replay", epoch: PAST, seq: 2, base: 0, timeMs: 100, rows: [1], cpu: [60] });
    expect([...state.cpu.subarray(0, 2)]).toEqual([NaN, 30]);
    expect(state.pastMs).toBe(100);
  });

  test("with a base is a delta, and one with a hole before it is a gap", () => {
    const state = replaying();
    expect(give(state, { kind: "replay", epoch: PAST, seq: 2, base: 1, timeMs: 600, rows: [1], cpu: [60] })).toBe("applied");
    expect([...state.cpu.subarray(0, 2)]).toEqual([5, 30]);
    expect(give(state, { kind: "replay", epoch: PAST, seq: 9, base: 8, timeMs: 800 })).toBe("gap");
  });

  test("of another epoch is a gap", () => {
    expect(give(opened(), { ...FULL, kind: "replay", epoch: PAST })).toBe("gap");
  });

  test("ages with the time that is played, not with ours", () => {
    const state = replaying();
    expect(state.age(1, NOW)).toBe(1000);
    expect(state.age(1, NOW + 100_000)).toBe(1000);
    give(state, { kind: "replay", epoch: PAST, seq: 2, base: 1, timeMs: 3400, rows: [0], age: [5] });
    expect([state.age(0, NOW), state.age(1, NOW), state.age(2, NOW)]).toEqual([500, 4000, Infinity]);
  });

  test("keeps the status that was said, however long nothing comes", () => {
    const state = replaying();
    expect(STATUSES[state.statusAt(1, NOW + 100_000)]).toBe("online");
  });

  test("says nothing about the server's clock", () => {
    const state = replaying();
    expect(state.clock.server(NOW + 50)).toBe(1050);
  });

  test("ends with the epoch of the present", () => {
    const state = replaying();
    state.open(hello(), NOW);
    expect(state.past).toBe(false);
    expect(state.seat(roster(3))).toBe(true);
    give(state, FULL);
    expect(state.age(1, NOW + 10)).toBe(1010);
  });
});

describe("age", () => {
  test("grows with the page's own clock while nothing comes", () => {
    const state = opened();
    give(state, FULL);
    expect(state.age(1, NOW)).toBe(1000);
    expect(state.age(1, NOW + 2500)).toBe(3500);
  });

  test("never heard is infinitely old", () => {
    const state = opened();
    give(state, FULL);
    expect(state.age(2, NOW)).toBe(Infinity);
    expect(state.age(777, NOW)).toBe(Infinity);
  });

  test("a frame that was held up on its way is not fresher for it", () => {
    const state = opened();
    give(state, { ...FULL, timeMs: 1000 });
    give(state, { kind: "delta", seq: 6, base: 5, timeMs: 1200, rows: [0], age: [0] }, NOW + 10_200);
    expect(state.age(0, NOW + 10_200)).toBe(10_000);
  });

  test("online is not believed for ever while the wire is silent", () => {
    const state = opened();
    give(state, FULL);
    expect(STATUSES[state.statusAt(0, NOW + 14_000)]).toBe("online");
    expect(STATUSES[state.statusAt(0, NOW + 16_000)]).toBe("late");
    expect(STATUSES[state.statusAt(2, NOW + 16_000)]).toBe("lost");
  });
});

test("while frames come, the server's word stands: a node may report but once a minute", () => {
  const state = opened();
  give(state, FULL);
  give(state, { kind: "delta", seq: 6, base: 5 }, NOW + 50_000);
  expect(state.age(0, NOW + 50_000)).toBeGreaterThan(40_000);
  expect(STATUSES[state.statusAt(0, NOW + 50_000)]).toBe("online");
});

describe("epochs and rosters", () => {
  test("a new epoch clears every row", () => {
    const state = opened();
    give(state, FULL);
    state.open(hello({ epoch: 8 }), NOW);
    expect([state.size, state.seq]).toEqual([0, 0]);
    expect(state.cpu.every(Number.isNaN)).toBe(true);
  });

  test("the same epoch keeps them, so that a reconnect can resume", () => {
    const state = opened();
    give(state, FULL);
    state.open(hello(), NOW);
    expect([state.size, state.seq, state.cpu[0]]).toEqual([3, 5, 5]);
  });

  test("a roster of another epoch is refused", () => {
    expect(opened().seat(roster(2, { epoch: 99 }))).toBe(false);
  });

  test("nodes are counted by status, and rows without a name are not nodes", () => {
    const state = opened();
    give(state, { ...FULL, rows: [0, 1, 9], status: [1, 3, 1] });
    const counts = new Uint32Array(STATUSES.length);
    expect(state.count(NOW, counts)).toBe(3);
    expect([...counts]).toEqual([1, 1, 0, 1, 0, 0]);
  });

  test("statuses come by name, in whatever order the server has them", () => {
    const state = new State();
    state.open(hello({ statuses: ["lost", "asleep", "online"] }), NOW);
    state.seat(roster(3));
    give(state, { seq: 1, rows: [0, 1, 2], status: [0, 1, 2], age: [0, 0, 0] });
    expect([0, 1, 2].map((row) => STATUSES[state.statusAt(row, NOW)])).toEqual(["lost", "unknown", "online"]);
  });

  test("twenty thousand rows grow into it and stay right", () => {
    const state = opened(0);
    const rows = Array.from({ length: 20_000 }, (_, row) => row);
    state.seat(roster(20_000, { version: 2 }));
    give(state, { seq: 1, rows, cpu: rows.map((row) => row % 200) });
    give(state, { kind: "delta", seq: 2, base: 1, rows: [70_000], wide: true, cpu: [2] });
    expect([state.cpu[19_999], state.cpu[70_000]]).toEqual([99.5, 1]);
  });
});
