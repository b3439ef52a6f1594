// Owns when to draw: at once for a hand or new data, gently for what only shimmers, and less on a slow machine. Pure.
// Called by scene at each animation frame.

/** A machine that needs longer than this for a frame does not draw for beauty. */
const SLOW_MS = 45;
const SHIMMER_MS = 50;

export class Pace {
  private due = true;
  private drawnAt = -Infinity;
  private last = -Infinity;
  private drewLast = false;
  private took = 16;

  /** Something changed: draw at the next frame. */
  ask(): void {
    this.due = true;
  }

  /** True = draw now. `moving`: flight or damping; `shimmer`: the picture breathes though nothing changed. */
  frame(now: number, moving: boolean, shimmer: boolean): boolean {
    if (this.drewLast) this.took += 0.15 * (Math.min(200, now - this.last) - this.took);
    this.last = now;
    const rest = now - this.drawnAt;
    this.drewLast = this.due || moving || (shimmer && !this.slow && rest >= SHIMMER_MS);
    if (this.drewLast) {
      this.due = false;
      this.drawnAt = now;
    }
    return this.drewLast;
  }

  get slow(): boolean {
    return this.took > SLOW_MS;
  }
}
