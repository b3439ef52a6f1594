// Owns what thumbsticks mean: right left/right turns smoothly (or in steps, for those whom turning makes ill), forward aims a
// jump that is made when the stick comes back. Pure: axes and time in, wishes out. Called by session for each hand.

/** Of a stick's way: less is a thumb that rests on it. */
const DEAD = 0.2;
const PUSHED = 0.7;
const BACK = 0.4;
/** Radians a second at full way, and radians a step. */
const TURN_SPEED = (100 * Math.PI) / 180;
const STEP = Math.PI / 6;

export class Stick {
  private stepped = false;
  private aims = false;

  /** The arc is shown. */
  get aiming(): boolean {
    return this.aims;
  }

  /** Radians to turn in this frame, left is positive. `x` right is positive, as the WebXR gamepad says; `seconds` since the last. */
  turn(x: number, seconds: number, steps: boolean): number {
    const way = Math.abs(x) < DEAD ? 0 : (Math.abs(x) - DEAD) / (1 - DEAD);
    if (this.aims || way === 0) {
      this.stepped = false;
      return 0;
    }
    if (!steps) return -Math.sign(x) * way * way * TURN_SPEED * Math.min(0.05, seconds);
    if (this.stepped || Math.abs(x) < PUSHED) return 0;
    this.stepped = true;
    return -Math.sign(x) * STEP;
  }

  /** `y` forward is negative. True once, when an aimed jump is let go. */
  jumps(x: number, y: number): boolean {
    if (!this.aims) {
      this.aims = -y > PUSHED && Math.abs(x) < PUSHED;
      return false;
    }
    if (Math.hypot(x, y) > BACK) return false;
    this.aims = false;
    return true;
  }

  /** The stick is gone (a controller was laid down): nothing is aimed. */
  reset(): void {
    this.aims = this.stepped = false;
  }
}
