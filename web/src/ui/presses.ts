// Owns what a press on the view means: nothing (the view was turned), one press, or two on the same spot. The second one is
// told apart here and not by the browser, because the first one opens a panel and moves the picture under the pointer.

/** A press that moved further than this many pixels was an orbit, not a choice. */
const SLACK = 6;
/** Milliseconds between the two presses of a double one. */
const DOUBLE_MS = 380;

export class Presses {
  private began = { x: 0, y: 0 };
  private last = { x: 0, y: 0, at: -Infinity };

  down(x: number, y: number): void {
    this.began = { x, y };
  }

  up(x: number, y: number, now: number): "turned" | "once" | "twice" {
    if (Math.hypot(x - this.began.x, y - this.began.y) > SLACK) return "turned";
    const again = now - this.last.at < DOUBLE_MS && Math.hypot(x - this.last.x, y - this.last.y) <= 2 * SLACK;
    this.last = { x, y, at: again ? -Infinity : now };
    return again ? "twice" : "once";
  }
}
