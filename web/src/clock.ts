// Owns the translation of the server's clock into this page's monotonic one. Pure: both times are arguments.
// Called by state. A frame that lay in a buffer for ten seconds must not look ten seconds fresher than it is, so a
// frame's time is not its arrival: it is the server's own time plus the smallest delay seen lately.

/** A delay older than two of these no longer counts, so a server whose clock is set back recovers. */
const WINDOW_MS = 30_000;

export class ServerClock {
  private best = Infinity;
  private older = Infinity;
  private since = -Infinity;

  /** A message that carries the server's time `serverMs` arrived at local time `now`. */
  observe(serverMs: number, now: number): void {
    if (now - this.since > WINDOW_MS) {
      // After a long silence there is nothing in the window before this one.
      this.older = now - this.since > 2 * WINDOW_MS ? Infinity : this.best;
      this.best = Infinity;
      this.since = now;
    }
    this.best = Math.min(this.best, now - serverMs);
  }

  /** The local time at which the server's clock said `serverMs`; never later than `now`. */
  local(serverMs: number, now: number): number {
    const delay = Math.min(this.best, this.older);
    return Number.isFinite(delay) ? Math.min(now, serverMs + delay) : now;
  }

  /** What the server's clock says at local time `now`; NaN before it has said anything. */
  server(now: number): number {
    const delay = Math.min(this.best, this.older);
    return Number.isFinite(delay) ? now - delay : NaN;
  }

  reset(): void {
    this.best = this.older = Infinity;
    this.since = -Infinity;
  }
}
