// Owns the conversation with the server: what to ask for and when, and whether the picture is live. The socket, the
// clock and the timer are given to it, so its tests need none. Feeds state; tells main through its events.
//
//   connecting ──frame──► live ──3 s without a frame──► stalled ──frame──► live
//   any ──socket gone──► reconnecting ──frame──► live          any ──bye without reconnect──► closed

import { FrameError } from "./errors";
import { decodeFrame } from "./frame";
import { PROTOCOL, type Ack, type Bye, type Hello, type NodeDetail, type Resume, type Roster as RosterEvent, type WireError } from "./protocol.gen";
import { Rate } from "./rate";
import type { State } from "./state";

export type Phase = "connecting" | "live" | "stalled" | "reconnecting" | "closed";

/** The server sends at least one frame a second; three missing ones are no accident. */
export const STALLED_MS = 3000;
const ANSWER_MS = 5000;
const RETRY_MS = 1000;

/** A failed connect; with `data` the server itself refused, and says whether to come again. */
type Refusal = Error & { data?: Partial<WireError> };

/** What link needs of a socket.io client. */
export interface SocketLike {
  readonly connected: boolean;
  readonly active: boolean;
  on(event: string, listener: (...args: never[]) => void): unknown;
  emitWithin(ms: number, event: string, value: unknown, answered: (failed: boolean, answer: Ack | null) => void): void;
  connect(): unknown;
  disconnect(): unknown;
}

export interface LinkOptions {
  readonly socket: SocketLike;
  readonly state: State;
  readonly now: () => number;
  readonly later: (ms: number, run: () => void) => void;
}

export interface LinkEvents {
  /** The phase or its reason changed. */
  phase(phase: Phase, reason: string): void;
  /** The state took something in. */
  taken(): void;
  hello(hello: Hello): void;
  node(node: NodeDetail): void;
}

export class Link {
  phase: Phase = "connecting";
  /** Why, in a sentence for a person; "" when all is well. */
  reason = "";
  readonly rate = new Rate();
  private readonly socket: SocketLike;
  private readonly state: State;
  private readonly now: () => number;
  private readonly later: LinkOptions["later"];
  private readonly events: LinkEvents;
  private frameAt = 0;
  private asking = false;
  private open = false;
  private waitMs = RETRY_MS;
  private watched: string[] = [];

  constructor({ socket, state, now, later }: LinkOptions, events: LinkEvents) {
    this.socket = socket;
    this.state = state;
    this.now = now;
    this.later = later;
    this.events = events;
    this.frameAt = now();
    socket.on("hello", (hello: Hello) => this.onHello(hello));
    socket.on("roster", (roster: RosterEvent) => this.onRoster(roster));
    socket.on("frame", (bytes: ArrayBuffer | Uint8Array) => this.onFrame(bytes));
    socket.on("node", (node: NodeDetail) => this.events.node(node));
    socket.on("bye", (bye: Bye) => this.onBye(bye));
    socket.on("connect", () => this.onConnect());
    socket.on("disconnect", () => this.onGone("the connection was cut"));
    socket.on("connect_error", (error: Refusal) => this.onRefused(error));
  }

  /** Nothing may look fresh now. */
  get silent(): boolean {
    return this.phase !== "live";
  }

  /** Asks for the full reports of these nodes, now and after every reconnect. */
  watch(ids: readonly string[]): void {
    this.watched = [...ids];
    if (this.open) this.ask("watch", { ids: this.watched });
  }

  /** Call it at least once a second: a wire that says nothing also makes no event. */
  tick(): void {
    if (this.phase === "live" && this.now() - this.frameAt > STALLED_MS) {
      this.enter("stalled", "no frame for 3 seconds: what you see is getting old");
    }
  }

  /** Says at once what is already here, so that the server sends the rest instead of everything. */
  private onConnect(): void {
    this.open = true;
    if (this.state.seq > 0) this.resume();
    if (this.watched.length > 0) this.ask("watch", { ids: this.watched });
  }

  private onHello(hello: Hello): void {
    if (hello.protocol !== PROTOCOL) {
      this.close(`the server speaks version ${hello.protocol} and this page ${PROTOCOL}: reload the page`);
      return;
    }
    this.state.open(hello, this.now());
    this.events.hello(hello);
  }

  private onRoster(roster: RosterEvent): void {
    if (this.state.seat(roster)) this.events.taken();
    else if (roster.epoch === this.state.epoch) this.startOver(); // only a full roster can mend that
  }

  private onFrame(bytes: ArrayBuffer | Uint8Array): void {
    const now = this.now();
    this.rate.add(now, bytes.byteLength);
    try {
      const applied = this.state.apply(decodeFrame(bytes), now);
      if (applied === "gap") return this.resume();
      this.frameAt = now;
      this.waitMs = RETRY_MS;
      this.enter("live", "");
      if (applied === "applied") this.events.taken();
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      if (error.retry) this.resume();
      else this.close(error.message);
    }
  }

  private onBye(bye: Bye): void {
    this.waitMs = Math.max(RETRY_MS, bye.after_ms);
    if (bye.reconnect) this.enter("reconnecting", bye.reason);
    else this.close(bye.reason);
  }

  /** Either nobody answers, which passes, or the server says no and why. */
  private onRefused(error: Refusal): void {
    if (error.data?.retry === false) this.close(error.message);
    else this.onGone(error.data ? error.message : `the server does not answer (${error.message})`);
  }

  private onGone(reason: string): void {
    this.open = false;
    this.asking = false;
    if (this.phase === "closed") return;
    // A bye has already said why, and in better words.
    this.enter("reconnecting", this.phase === "reconnecting" && this.reason !== "" ? this.reason : reason);
    if (this.socket.active) return; // socket.io tries again by itself
    this.later(this.waitMs, () => this.phase === "reconnecting" && this.socket.connect());
    this.waitMs = Math.min(60_000, 2 * this.waitMs);
  }

  private resume(): void {
    if (this.asking || !this.open) return;
    this.asking = true;
    const { epoch, seq, roster } = this.state;
    this.socket.emitWithin(ANSWER_MS, "resume", { epoch, seq, roster: roster.version } satisfies Resume, (failed, answer) => {
      if (!this.asking) return;
      this.asking = false;
      if (answer?.ok) return; // the frame follows
      if (!failed && answer?.error?.retry) this.later(RETRY_MS, () => this.resume());
      else this.startOver();
    });
  }

  private ask(event: string, value: unknown): void {
    // A refusal needs no answer here: the panel goes on saying that it waits for the report.
    this.socket.emitWithin(ANSWER_MS, event, value, () => undefined);
  }

  /** A new connection begins with everything: the last resort, and always right. */
  private startOver(): void {
    if (this.phase === "closed") return;
    this.socket.disconnect();
    this.enter("reconnecting", "the picture had a hole in it and is being fetched anew");
  }

  private close(reason: string): void {
    this.enter("closed", reason);
    this.socket.disconnect();
  }

  private enter(phase: Phase, reason: string): void {
    if (phase === this.phase && reason === this.reason) return;
    this.phase = phase;
    this.reason = reason;
    this.events.phase(phase, reason);
  }
}
