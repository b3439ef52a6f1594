// Owns the time of a frame: the camera's own, which has no jitter, on the page's clock. Pure. Called by camera.

/** Apart by more than this and the two clocks have nothing to do with each other any more. */
const APART_MS = 500;

export class FrameClock {
  private ahead = NaN;

  /** timestamp: the frame's, microseconds on a clock of its own; now: the page's, milliseconds. */
  at(timestamp: number, now: number): number {
    const ms = timestamp / 1000;
    // The least delay that was ever seen is the truest: a page is late at times, never early.
    if (!(Math.abs(ms + this.ahead - now) <= APART_MS) || ms + this.ahead > now) this.ahead = now - ms;
    return ms + this.ahead;
  }
}
