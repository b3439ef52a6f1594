// Owns the conversation about time: where the server's playhead should be, where it is, and why it is not there. Knows
// neither frames nor the page. The socket is given to it, so its tests need none. Called by ui/timeline and main.
//
// While somebody drags, one seek is on its way at a time and the last place waits: the server reads one moment after
// the other, and what lies between is not worth reading. After a cut the new connection is live, so it seeks again.

import type { SocketLike } from "./link";
import type { Ack, Playhead, Seek } from "./protocol.gen";

export type Mode = "live" | "loading" | "paused" | "playing" | "waiting";

export const SPEEDS: readonly number[] = [1, 5, 20, 60, 300, 1800, 3600];
/** The server itself gives up after 15 s, and says why. */
const ANSWER_MS = 20_000;

export interface ReplayOptions {
  readonly socket: SocketLike;
  /** The time of the frames that are shown; NaN when they are live. */
  readonly shownMs: () => number;
}

export class Replay {
  /** Where it should go and has not arrived; null = it is where it should be. */
  wanted: number | null = null;
  /** What the server last said. */
  playhead: Playhead | null = null;
  /** Why the last wish did not come true, in a sentence; "" when all is well. */
  error = "";
  private readonly socket: SocketLike;
  private readonly shownMs: () => number;
  private readonly changed: () => void;
  private open = false;
  private flying = false;
  private turn = 0;
  private leaving = false;
  private waiting: Seek | null = null;
  private speedWanted = 1;
  /** The shared playhead that is being joined, and where it begins when nobody has made it. */
  private joining: { name: string; atMs: number } | null = null;

  constructor({ socket, shownMs }: ReplayOptions, changed: () => void) {
    this.socket = socket;
    this.shownMs = shownMs;
    this.changed = changed;
    socket.on("playhead", (playhead: Playhead) => this.onPlayhead(playhead));
    socket.on("connect", () => this.onConnect());
    socket.on("disconnect", () => this.onGone());
  }

  get mode(): Mode {
    if (this.wanted !== null) return "loading";
    return this.playhead?.state ?? "live";
  }

  get past(): boolean {
    return this.mode !== "live";
  }

  /** The moment that is looked at; NaN = the present. What is wanted counts before what is shown. */
  get atMs(): number {
    if (this.wanted !== null) return this.wanted;
    const { playhead } = this;
    if (playhead === null || playhead.state === "live") return NaN;
    const shown = this.shownMs();
    return Number.isNaN(shown) || playhead.state === "loading" ? playhead.at_ms : shown;
  }

  /** How fast it goes, or will go when it is let go. */
  get speed(): number {
    return this.speedWanted;
  }

  get running(): boolean {
    if (this.waiting?.speed !== undefined) return this.waiting.speed > 0;
    return this.past && (this.playhead?.speed ?? 0) > 0;
  }

  /** Somebody else may be the one who moves it. */
  get mine(): boolean {
    return !this.past || (this.playhead?.mine ?? true);
  }

  /** Name of the shared playhead that this page follows or moves; "" = its own. */
  get share(): string {
    return this.past ? (this.playhead?.share ?? "") : "";
  }

  /** Shows that moment. From the present it stands still there; a replay goes on as it went. */
  seek(atMs: number, speed?: number): void {
    this.wanted = Math.round(atMs);
    this.ask({ at_ms: this.wanted, ...(speed !== undefined ? { speed } : this.past && this.playhead ? {} : { speed: 0 }) });
  }

  play(): void {
    if (this.past) this.ask({ speed: this.speedWanted });
  }

  pause(): void {
    if (this.past) this.ask({ speed: 0 });
  }

  /** How fast it plays, now or when it is played. */
  pace(speed: number): void {
    this.speedWanted = speed;
    if (this.running) this.ask({ speed });
    else this.changed();
  }

  /** Follows the playhead of this name. Nobody has made it: makes it, at the moment that is looked at, or at `atMs`. */
  join(name: string, atMs: number): void {
    this.joining = { name, atMs: Math.round(this.past ? this.atMs : atMs) };
    this.waiting = null; // a wish to be elsewhere would move it for everybody, where this viewer may
    this.want({ share: name }); // without a time: one that exists is followed, whoever asks
  }

  /** On by itself from here, without the others. */
  leave(): void {
    if (this.share !== "") this.want({ at_ms: Math.round(this.atMs), speed: 0 });
  }

  /** Back to the present, whatever is on its way. */
  live(): void {
    this.waiting = null;
    this.flying = false;
    const was = this.past;
    this.wanted = null;
    if (was && this.open) this.send({ live: true });
    this.playhead = this.playhead && { ...this.playhead, state: "live" };
    this.error = "";
    this.changed();
  }

  /** Who moves a shared playhead names it; without the name it would be left. */
  private ask(seek: Seek): void {
    this.want(this.share !== "" && this.mine ? { share: this.share, ...seek } : seek);
  }

  private want(seek: Seek): void {
    this.error = "";
    this.waiting = { ...this.waiting, ...seek };
    this.next();
    this.changed();
  }

  private next(): void {
    if (this.waiting === null || this.flying || !this.open) return;
    const seek = this.waiting;
    this.waiting = null;
    this.send(seek);
  }

  private send(seek: Seek): void {
    const turn = ++this.turn;
    this.flying = true;
    this.leaving = seek.live === true;
    this.socket.emitWithin(ANSWER_MS, "seek", seek, (failed, answer) => {
      if (turn !== this.turn) return;
      this.flying = this.leaving = false;
      const other = this.otherWay(seek, answer);
      if (other) this.waiting = { ...other, ...this.waiting };
      if (this.waiting === null) this.wanted = null;
      if (other) this.error = "";
      else if (failed || answer === null) this.error = "The server did not answer. Try again.";
      else if (!answer.ok) this.error = answer.error?.message ?? "The server refused.";
      else if (answer.at_ms === undefined && this.playhead) this.playhead = { ...this.playhead, state: "live" };
      this.next();
      this.changed();
    });
  }

  /** Joining is asked one way first; where that is refused for what it is, the other way is left. */
  private otherWay(seek: Seek, answer: Ack | null): Seek | null {
    const { joining } = this;
    if (joining === null || seek.share !== joining.name) return null;
    this.joining = null;
    const code = answer?.error?.code;
    if (code === "no_time") return { share: joining.name, at_ms: joining.atMs, speed: 0 };
    return code === "forbidden" ? { share: joining.name } : null;
  }

  private onPlayhead(playhead: Playhead): void {
    if (this.leaving && playhead.state !== "live") return; // said before the server heard of it
    this.playhead = playhead;
    if (playhead.speed > 0 && playhead.state !== "live" && this.waiting === null && !this.flying) this.speedWanted = playhead.speed;
    this.changed();
  }

  private onConnect(): void {
    this.open = true;
    this.next();
  }

  /** The next connection begins in the present: what was looked at has to be asked for again. */
  private onGone(): void {
    this.open = this.flying = this.leaving = false;
    this.turn++;
    if (!this.past) return;
    const [atMs, { share }] = [Math.round(this.atMs), this];
    if (share !== "") this.joining = { name: share, atMs }; // meanwhile it may be another's, or gone
    const again: Seek = share !== "" && !this.mine ? { share } : { at_ms: atMs, speed: this.playhead?.speed ?? 0, ...(share !== "" ? { share } : {}) };
    this.waiting = { ...again, ...this.waiting };
    this.wanted = this.waiting.at_ms ?? atMs;
    this.changed();
  }
}
