import { beforeEach, describe, expect, test } from "vitest";
import type { SocketLike } from "../src/link";
import type { Ack, Playhead, Seek } from "../src/protocol.gen";
import { Replay } from "../src/replay";

type Answer = (failed: boolean, answer: Ack | null) => void;

class Wire implements SocketLike {
  readonly connected = true;
  readonly active = true;
  readonly asked: { seek: Seek; answer: Answer }[] = [];
  private readonly listeners = new Map<string, (...args: never[]) => void>();

  on(event: string, listener: (...args: never[]) => void): void {
    this.listeners.set(event, listener);
  }

  emitWithin(_: number, event: string, value: unknown, answer: Answer): void {
    expect(event).toBe("seek");
    this.asked.push({ seek: value as Seek, answer });
  }

  connect(): void {}
  disconnect(): void {}

  says(event: string, ...args: unknown[]): void {
    this.listeners.get(event)?.(...(args as never[]));
  }

  get seeks(): Seek[] {
    return this.asked.map(({ seek }) => seek);
  }

  answers(answer: Ack): void {
    this.asked.at(-1)!.answer(false, answer);
  }
}

let wire: Wire;
let shown: number;
let replay: Replay;

beforeEach(() => {
  [wire, shown] = [new Wire(), NaN];
  replay = new Replay({ socket: wire, shownMs: () => shown }, () => undefined);
});

function playhead(changes: Partial<Playhead> = {}): Playhead {
  return { at_ms: 5000, speed: 0, first_ms: 0, last_ms: 9000, state: "paused", share: null, mine: true, viewers: 1, ...changes };
}

function arrived(atMs = 5000, changes: Partial<Playhead> = {}): void {
  wire.says("connect");
  replay.seek(atMs);
  wire.says("playhead", playhead({ at_ms: atMs, ...changes }));
  shown = atMs;
  wire.answers({ ok: true, at_ms: atMs });
}

test("it begins in the present", () => {
  expect([replay.mode, replay.past, replay.atMs]).toEqual(["live", false, NaN]);
});

describe("winding back", () => {
  test("stands still at the moment that was asked for", () => {
    wire.says("connect");
    replay.seek(5000.4);
    expect(wire.seeks).toEqual([{ at_ms: 5000, speed: 0 }]);
    expect([replay.mode, replay.atMs]).toEqual(["loading", 5000]);
    shown = 5000;
    wire.says("playhead", playhead());
    wire.answers({ ok: true, at_ms: 5000 });
    expect([replay.mode, replay.atMs, replay.running]).toEqual(["paused", 5000, false]);
  });

  test("from a link waits for the connection", () => {
    replay.seek(5000);
    expect(wire.asked).toEqual([]);
    expect(replay.mode).toBe("loading");
    wire.says("connect");
    expect(wire.seeks).toEqual([{ at_ms: 5000, speed: 0 }]);
  });

  test("a drag sends one at a time, and of those that wait the last", () => {
    arrived();
    for (const ms of [4000, 3000, 2000]) replay.seek(ms);
    expect(wire.seeks.slice(1)).toEqual([{ at_ms: 4000 }]);
    wire.answers({ ok: true, at_ms: 4000 });
    expect(wire.seeks.slice(1)).toEqual([{ at_ms: 4000 }, { at_ms: 2000 }]);
    expect([replay.mode, replay.atMs]).toEqual(["loading", 2000]);
    shown = 2000;
    wire.answers({ ok: true, at_ms: 2000 });
    expect([replay.mode, replay.atMs]).toEqual(["paused", 2000]);
  });

  test("too near to the present ends in the present", () => {
    arrived();
    replay.seek(99_000);
    shown = NaN;
    wire.answers({ ok: true });
    expect(replay.mode).toBe("live");
  });
});

describe("playing", () => {
  test("goes on where it is, with the speed that was chosen", () => {
    arrived();
    replay.pace(60);
    expect(wire.asked).toHaveLength(1);
    replay.play();
    expect(wire.seeks.at(-1)).toEqual({ speed: 60 });
    wire.says("playhead", playhead({ speed: 60, state: "playing" }));
    expect([replay.mode, replay.running]).toEqual(["playing", true]);
  });

  test("follows the frames, not the clock", () => {
    arrived();
    wire.says("playhead", playhead({ speed: 1, state: "playing" }));
    shown = 5400;
    expect(replay.atMs).toBe(5400);
  });

  test("another speed is taken at once, a pause keeps it for later", () => {
    arrived(5000, { speed: 1, state: "playing" });
    replay.pace(20);
    expect(wire.seeks.at(-1)).toEqual({ speed: 20 });
    wire.answers({ ok: true, at_ms: 5000 });
    wire.says("playhead", playhead({ speed: 20, state: "playing" }));
    replay.pause();
    expect(wire.seeks.at(-1)).toEqual({ speed: 0 });
    wire.answers({ ok: true, at_ms: 5000 });
    wire.says("playhead", playhead());
    expect(replay.speed).toBe(20);
  });

  test("in the present means nothing", () => {
    wire.says("connect");
    replay.play();
    replay.pause();
    expect(wire.asked).toEqual([]);
  });

  test("that reaches the end is live", () => {
    arrived(5000, { speed: 60, state: "playing" });
    wire.says("playhead", playhead({ state: "live" }));
    shown = NaN;
    expect([replay.mode, replay.past]).toEqual(["live", false]);
  });
});

describe("back to the present", () => {
  test("waits for nothing", () => {
    arrived();
    replay.seek(4000);
    replay.seek(3000);
    replay.live();
    expect(wire.seeks.at(-1)).toEqual({ live: true });
    expect(replay.mode).toBe("live");
    wire.asked[1]!.answer(false, { ok: true, at_ms: 4000 });
    expect([replay.mode, wire.asked.length]).toEqual(["live", 3]);
  });

  test("what the server said before it heard of that counts no more", () => {
    arrived();
    replay.live();
    wire.says("playhead", playhead());
    expect(replay.mode).toBe("live");
    wire.answers({ ok: true });
    replay.seek(100);
    wire.answers({ ok: true, at_ms: 100 });
    wire.says("playhead", playhead({ at_ms: 100 }));
    expect(replay.mode).toBe("paused");
  });

  test("from the present is no question", () => {
    wire.says("connect");
    replay.live();
    expect(wire.asked).toEqual([]);
  });
});

describe("trouble", () => {
  test("a refusal is said, and the place stays", () => {
    arrived();
    replay.seek(100);
    wire.answers({ ok: false, error: { code: "no_history", message: "its store is away", retry: true } });
    expect([replay.error, replay.mode, replay.atMs]).toEqual(["its store is away", "paused", 5000]);
    replay.seek(200);
    expect(replay.error).toBe("");
  });

  test("a refusal in the present leaves it there", () => {
    wire.says("connect");
    replay.seek(100);
    wire.answers({ ok: false, error: { code: "too_many_replays", message: "too many", retry: true } });
    expect([replay.mode, replay.error]).toEqual(["live", "too many"]);
  });

  test("silence is said too", () => {
    wire.says("connect");
    replay.seek(100);
    wire.asked[0]!.answer(true, null);
    expect(replay.error).toContain("did not answer");
  });

  test("after a cut it seeks what was shown, and plays on", () => {
    arrived(5000, { speed: 20, state: "playing" });
    shown = 7000;
    wire.says("disconnect");
    expect([replay.mode, replay.atMs]).toEqual(["loading", 7000]);
    shown = NaN;
    wire.says("connect");
    expect(wire.seeks.at(-1)).toEqual({ at_ms: 7000, speed: 20 });
  });

  test("a cut in the middle of a drag loses no wish", () => {
    arrived();
    replay.seek(4000);
    replay.seek(3000);
    wire.says("disconnect");
    wire.says("connect");
    expect(wire.seeks.at(-1)).toEqual({ at_ms: 3000, speed: 0 });
  });

  test("a cut in the present asks for nothing", () => {
    wire.says("connect");
    wire.says("disconnect");
    wire.says("connect");
    expect(wire.asked).toEqual([]);
  });

  test("somebody else's playhead is not mine to move", () => {
    arrived(5000, { mine: false, share: "lesson" });
    expect(replay.mine).toBe(false);
  });
});

describe("a shared playhead", () => {
  const refused = (code: string): Ack => ({ ok: false, error: { code, message: code, retry: false } });

  test("of another is followed, and cannot be moved from here", () => {
    wire.says("connect");
    replay.join("tour", 8000);
    expect(wire.seeks).toEqual([{ share: "tour" }]);
    wire.says("playhead", playhead({ share: "tour", mine: false, viewers: 3 }));
    wire.answers({ ok: true, at_ms: 5000 });
    expect([replay.share, replay.mine, replay.mode, replay.error]).toEqual(["tour", false, "paused", ""]);
  });

  test("that nobody has made is made, and every later wish names it", () => {
    wire.says("connect");
    replay.join("tour", 8000.2);
    wire.answers(refused("no_time"));
    expect(wire.seeks.at(-1)).toEqual({ share: "tour", at_ms: 8000, speed: 0 });
    wire.says("playhead", playhead({ at_ms: 8000, share: "tour" }));
    wire.answers({ ok: true, at_ms: 8000 });
    replay.play();
    expect(wire.seeks.at(-1)).toEqual({ share: "tour", speed: 1 });
    expect(replay.error).toBe("");
  });

  test("is asked for without a time from the past too, so that one that exists is not moved", () => {
    arrived();
    replay.join("tour", 8000);
    expect(wire.seeks.at(-1)).toEqual({ share: "tour" });
    wire.answers(refused("forbidden"));
    wire.answers(refused("forbidden"));
    expect([replay.error, wire.seeks.at(-1)]).toEqual(["forbidden", { share: "tour" }]);
  });

  test("is not moved by a drag that had not been sent yet", () => {
    arrived();
    replay.seek(4000);
    replay.seek(3000);
    replay.join("tour", 8000);
    wire.answers({ ok: true, at_ms: 4000 });
    expect(wire.seeks.slice(-2)).toEqual([{ at_ms: 4000 }, { share: "tour" }]);
  });

  test("that is gone when one joins it from the past is made there", () => {
    arrived();
    replay.join("tour", 8000);
    wire.answers(refused("no_time"));
    expect(wire.seeks.at(-1)).toEqual({ share: "tour", at_ms: 5000, speed: 0 });
  });

  test("is left without a name, at the same moment", () => {
    arrived(5000, { share: "tour" });
    replay.leave();
    expect(wire.seeks.at(-1)).toEqual({ at_ms: 5000, speed: 0 });
  });

  test("is joined again after a cut; gone meanwhile, it is made again", () => {
    arrived(5000, { share: "tour", mine: false });
    wire.says("disconnect");
    wire.says("connect");
    expect(wire.seeks.at(-1)).toEqual({ share: "tour" });
    wire.answers(refused("no_time"));
    expect(wire.seeks.at(-1)).toEqual({ share: "tour", at_ms: 5000, speed: 0 });
  });
});
