import { beforeEach, describe, expect, test } from "vitest";
import { Link, STALLED_MS, type Phase, type SocketLike } from "../src/link";
import type { Ack, NodeDetail } from "../src/protocol.gen";
import { State } from "../src/state";
import { frameBytes, hello, roster, type FrameParts } from "./build";

type Answer = (failed: boolean, answer: Ack | null) => void;

/** A socket that remembers what was asked and says what the test wants. */
class Wire implements SocketLike {
  connected = true;
  active = true;
  readonly asked: { event: string; value: unknown; answer: Answer }[] = [];
  connects = 0;
  private readonly listeners = new Map<string, (...args: never[]) => void>();

  on(event: string, listener: (...args: never[]) => void): void {
    this.listeners.set(event, listener);
  }

  emitWithin(_: number, event: string, value: unknown, answer: Answer): void {
    this.asked.push({ event, value, answer });
  }

  connect(): void {
    this.connects++;
    this.connected = this.active = true;
    this.says("connect");
  }

  disconnect(): void {
    this.connected = this.active = false;
    this.says("disconnect", "io client disconnect");
  }

  says(event: string, ...args: unknown[]): void {
    this.listeners.get(event)?.(...(args as never[]));
  }

  sends(parts: FrameParts): void {
    this.says("frame", frameBytes(parts).slice().buffer);
  }

  get events(): string[] {
    return this.asked.map(({ event }) => event);
  }
}

let wire: Wire;
let state: State;
let link: Link;
let clock: number;
let timers: { at: number; run: () => void }[];
let phases: Phase[];
let details: NodeDetail[];

beforeEach(() => {
  [wire, state, clock, timers, phases, details] = [new Wire(), new State(), 1000, [], [], []];
  link = new Link(
    { socket: wire, state, now: () => clock, later: (ms, run) => void timers.push({ at: clock + ms, run }) },
    { phase: (phase) => phases.push(phase), taken: () => undefined, hello: () => undefined, node: (node) => details.push(node) },
  );
});

function wait(ms: number): void {
  clock += ms;
  const due = timers.filter(({ at }) => at <= clock);
  timers = timers.filter(({ at }) => at > clock);
  for (const { run } of due) run();
  link.tick();
}

function begin(seq = 10): void {
  wire.says("connect");
  wire.says("hello", hello({ seq }));
  wire.says("roster", roster(3));
  wire.sends({ seq, rows: [0, 1, 2], cpu: [1, 2, 3], status: [1, 1, 1], age: [0, 0, 0] });
}

describe("the picture", () => {
  test("is live once a frame is in", () => {
    expect(link.phase).toBe("connecting");
    begin();
    expect([link.phase, state.size, state.seq]).toEqual(["live", 3, 10]);
  });

  test("is stalled after three silent seconds, and live with the next frame", () => {
    begin();
    wait(STALLED_MS);
    expect(link.silent).toBe(false);
    wait(1);
    expect([link.phase, link.silent]).toEqual(["stalled", true]);
    wire.sends({ kind: "delta", seq: 11, base: 10 });
    expect([link.phase, link.silent]).toEqual(["live", false]);
  });

  test("is not kept live by frames that cannot be applied", () => {
    begin();
    wait(2000);
    wire.sends({ kind: "delta", seq: 20, base: 19 });
    wait(1500);
    expect(link.phase).toBe("stalled");
  });

  test("starts anew in a new epoch", () => {
    begin();
    wire.says("hello", hello({ epoch: 8 }));
    expect(state.size).toBe(0);
  });

  test("hands the full reports on", () => {
    begin();
    wire.says("node", { row: 1 });
    expect(details).toEqual([{ row: 1 }]);
  });
});

describe("a gap", () => {
  beforeEach(() => {
    begin();
    wire.sends({ kind: "delta", seq: 14, base: 12, rows: [0], cpu: [99] });
  });

  test("makes it ask for what it missed", () => {
    expect(wire.asked.map(({ event, value }) => [event, value])).toEqual([["resume", { epoch: 7, seq: 10, roster: 1 }]]);
    expect(state.cpu[0]).toBe(0.5);
  });

  test("is asked about once, until there is an answer", () => {
    wire.sends({ kind: "delta", seq: 15, base: 14 });
    expect(wire.events).toEqual(["resume"]);
    wire.asked[0]!.answer(false, { ok: true, mode: "delta" });
    wire.sends({ kind: "delta", seq: 16, base: 15 });
    expect(wire.events).toEqual(["resume", "resume"]);
  });

  test("is closed by the merged delta", () => {
    wire.asked[0]!.answer(false, { ok: true, mode: "delta" });
    wire.sends({ kind: "delta", seq: 15, base: 10, rows: [0], cpu: [50] });
    expect([state.cpu[0], state.seq, link.phase]).toEqual([25, 15, "live"]);
  });

  test("is asked about again when the server says later", () => {
    wire.asked[0]!.answer(false, { ok: false, error: { code: "busy", message: "", retry: true } });
    wait(1000);
    expect(wire.events).toEqual(["resume", "resume"]);
  });

  test.each([
    ["no answer", true, null],
    ["a refusal for good", false, { ok: false, error: { code: "bad_request", message: "", retry: false } }],
  ] as [string, boolean, Ack | null][])("ends in a new connection after %s", (_, failed, answer) => {
    wire.asked[0]!.answer(failed, answer);
    expect([wire.connected, link.phase]).toEqual([false, "reconnecting"]);
    wait(1000);
    expect(wire.connects).toBe(1);
  });
});

describe("a cut", () => {
  test("is shown, and mended from where it happened", () => {
    begin();
    wire.says("disconnect", "transport close");
    expect(link.phase).toBe("reconnecting");
    wire.says("connect");
    expect(wire.asked.map(({ event, value }) => [event, value])).toEqual([["resume", { epoch: 7, seq: 10, roster: 1 }]]);
    wire.says("hello", hello());
    wire.sends({ kind: "delta", seq: 30, base: 10 });
    expect([link.phase, state.size]).toEqual(["live", 3]);
  });

  test("leaves connecting again to socket.io while that is at it", () => {
    begin();
    wire.says("disconnect", "transport close");
    wait(60_000);
    expect(wire.connects).toBe(0);
  });

  test("does not lose what is watched", () => {
    begin();
    link.watch(["a"]);
    wire.says("disconnect", "transport close");
    wire.says("connect");
    expect(wire.asked.filter(({ event }) => event === "watch").map(({ value }) => value)).toEqual([{ ids: ["a"] }, { ids: ["a"] }]);
  });

  test("before the first frame there is nothing to resume", () => {
    wire.says("connect");
    expect(wire.events).toEqual([]);
  });
});

describe("goodbye", () => {
  test("with a way back waits as long as the server says", () => {
    begin();
    wire.says("bye", { code: "slow_viewer", reason: "this page was too slow", reconnect: true, after_ms: 4000 });
    wire.active = false;
    wire.says("disconnect", "io server disconnect");
    expect([link.phase, link.reason]).toEqual(["reconnecting", "this page was too slow"]);
    wait(3999);
    expect(wire.connects).toBe(0);
    wait(1);
    expect(wire.connects).toBe(1);
  });

  test("for good closes, and says why", () => {
    begin();
    wire.says("bye", { code: "bad_request", reason: "that made no sense", reconnect: false, after_ms: 0 });
    expect([link.phase, link.reason, wire.connected]).toEqual(["closed", "that made no sense", false]);
    wait(600_000);
    expect(wire.connects).toBe(0);
  });

  test("a house that is full is tried again, ever more rarely", () => {
    const gaps: number[] = [];
    for (let tries = 0; tries < 4; tries++) {
      wire.active = false;
      wire.says("connect_error", Object.assign(new Error("2000 viewers are here already"), { data: { code: "too_many_viewers", retry: true } }));
      gaps.push(timers.at(-1)!.at - clock);
      timers = [];
    }
    expect(link.reason).toContain("2000 viewers");
    expect(gaps).toEqual([1000, 2000, 4000, 8000]);
  });

  test("a wrong token is not tried again", () => {
    wire.says("connect_error", Object.assign(new Error("this token is not known"), { data: { code: "unauthorized", retry: false } }));
    expect([link.phase, link.reason]).toEqual(["closed", "this token is not known"]);
  });
});

test("a server of another protocol is not misread", () => {
  wire.says("hello", hello({ protocol: 2 }));
  expect([link.phase, wire.connected]).toEqual(["closed", false]);
  expect(link.reason).toContain("reload");
});

test("a frame of another version closes, a broken one is asked for again", () => {
  begin();
  wire.says("frame", frameBytes().subarray(0, 20));
  expect(wire.events).toEqual(["resume"]);
  const other = frameBytes();
  other[2] = 9;
  wire.says("frame", other);
  expect(link.phase).toBe("closed");
});

test("a roster with a hole begins a new connection", () => {
  begin();
  wire.says("roster", roster(1, { version: 9, base: 8 }));
  expect([wire.connected, link.phase]).toEqual([false, "reconnecting"]);
});

test("the rate is what came lately", () => {
  begin();
  for (let seq = 11; seq < 36; seq++, clock += 200) wire.sends({ kind: "delta", seq, base: seq - 1 });
  expect(link.rate.framesPerSecond(clock)).toBeCloseTo(5, 0);
  expect(link.rate.bytesPerSecond(clock)).toBeCloseTo(150, -2);
  expect(link.rate.framesPerSecond(clock + 10_000)).toBe(0);
});
