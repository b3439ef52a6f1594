// Owns how hands move the cluster: sticks jump and turn, grips (or a pinch on nothing that lasts) carry, turn and scale it.
// What a jump or a grab does to its place is rig's. Called by session each frame and at each squeeze.

import type { Hand } from "./hand";
import { free, jump, type Footprint, type Landing } from "./jump";
import type { Pointers } from "./pointers";
import type { Pointing } from "./pointing";
import { Grab, type Rig } from "./rig";
import type { Visitor } from "./visitor";

/** Milliseconds that a pinch on nothing lasts until it is a grab. */
const HOLD_MS = 250;
const STEPS_KEY = "twin.vr.steps";

export class Moving {
  readonly gripping = new Set<XRInputSource>();
  private readonly rig: Rig;
  private readonly racks: Footprint;
  private readonly landing: Landing = { at: { x: 0, y: 0, z: 0 }, good: false };
  private readonly pressed = new Map<XRInputSource, number>();
  private grab: Grab | null = null;
  private stepwise = kept();

  constructor(rig: Rig, racks: Footprint) {
    this.rig = rig;
    this.racks = racks;
  }

  /** A jump is aimed at a place where one may stand. */
  get aims(): boolean {
    return this.landing.good;
  }

  /** Turning is in steps, not smooth. */
  get steps(): boolean {
    return this.stepwise;
  }

  set steps(steps: boolean) {
    this.stepwise = steps;
    try {
      localStorage.setItem(STEPS_KEY, steps ? "1" : "0");
    } catch {
      // it holds for this visit
    }
  }

  /** Sticks: the visitor jumps and turns. True when he jumped. */
  walk(visitor: Visitor, seconds: number, pointers: Pointers): boolean {
    let [aims, jumped]: [Hand | null, boolean] = [null, false];
    for (const hand of visitor.hands.values()) {
      const jumps = hand.stick.jumps(hand.stickX, hand.stickY);
      if (hand.stick.aiming) aims = hand;
      if (hand.stick.aiming || jumps) this.throwFrom(hand, pointers);
      if (jumps && this.landing.good) {
        this.rig.teleport(this.landing.at, visitor.head);
        jumped = true;
      }
      const turn = hand.stick.turn(hand.stickX, seconds, this.steps);
      if (turn !== 0) this.rig.turn(turn, visitor.head);
      if (jumps) aims = null;
    }
    if (!aims) this.landing.good = false;
    pointers.jump(aims ? this.landing.at : null, this.landing.good);
    return jumped;
  }

  /** Grips: what is held follows the hands. */
  carry(visitor: Visitor, pointing: Pointing, now: number): void {
    for (const [source, since] of this.pressed) {
      if (now - since > HOLD_MS && pointing.of(source).on === "nothing") this.hold(source);
    }
    const holding = [...visitor.hands.values()].filter(({ source, held, aimed }) => this.gripping.has(source) && (held || aimed)).slice(0, 2);
    if (holding.length === 0) return;
    const points = holding.map(({ grip }) => grip);
    if (this.grab?.hands !== holding.length) this.grab = new Grab(this.rig, points);
    const [stays, y] = [holding.length === 1 && this.rig.trueSize, this.rig.y];
    this.grab.move(points);
    if (stays) this.rig.y = y; // one hand pulls the floor along, never through it
  }

  /** A trigger or a pinch went down, and up again. */
  press(source: XRInputSource, now: number): void {
    this.pressed.set(source, now);
  }

  release(source: XRInputSource): void {
    this.pressed.delete(source);
    this.let(source);
  }

  hold(source: XRInputSource): void {
    if (this.gripping.has(source)) return;
    this.gripping.add(source);
    this.grab = null; // anchored anew, with one hand more
  }

  let(source: XRInputSource): void {
    if (!this.gripping.delete(source)) return;
    this.grab = null;
    if (this.gripping.size === 0) this.rig.settle();
  }

  /** Nothing is held any more, and it stays where it is. */
  drop(): void {
    this.pressed.clear();
    this.gripping.clear();
    this.grab = null;
  }

  private throwFrom(hand: Hand, pointers: Pointers): void {
    jump(hand.from, hand.direction, pointers.arcPoints, this.landing);
    this.landing.good &&= free(this.landing.at, this.rig, this.racks);
  }
}

function kept(): boolean {
  try {
    return localStorage.getItem(STEPS_KEY) === "1";
  } catch {
    return false; // a page without storage forgets it
  }
}
