// Owns who else is in the room and where they are just now: names, and poses that glide from one message to the next. Pure:
// time is an argument. Whoever is missing in a message is gone. Fed by people; read by it each frame.

import type { People } from "../protocol.gen";
import { POSE_NUMBERS, type Poses } from "./poses";

const SIZE = 3 * POSE_NUMBERS;
/** Milliseconds in which two thirds of the way to the newest pose are gone: two messages. */
const GLIDE_MS = 60;
/** Metres: who moved further than this has jumped, and does not fly there. */
const JUMP = 1;

export class Others {
  private readonly names = new Map<number, string>();
  private readonly shown = new Map<number, { now: Float32Array; to: Float32Array }>();

  /** `mine`: one's own id, which is not shown. */
  mine = -1;

  people({ id, name }: People): void {
    this.names.clear();
    id.forEach((who, i) => this.names.set(who, name[i] ?? ""));
  }

  poses({ id, parts }: Poses): void {
    const seen = new Set<number>();
    id.forEach((who, i) => {
      if (who === this.mine) return;
      seen.add(who);
      const to = parts.slice(i * SIZE, (i + 1) * SIZE);
      const one = this.shown.get(who);
      if (one && Math.hypot(to[0]! - one.now[0]!, to[1]! - one.now[1]!, to[2]! - one.now[2]!) < JUMP) one.to = to;
      else this.shown.set(who, { now: to.slice(), to });
    });
    for (const who of [...this.shown.keys()]) if (!seen.has(who)) this.shown.delete(who);
  }

  /** The connection is gone: nobody is known to be here. */
  clear(): void {
    this.shown.clear();
    this.names.clear();
    this.mine = -1;
  }

  get count(): number {
    return this.shown.size;
  }

  /** Everybody else, glided on by `ms`: calls back with name and 3 x 7 numbers. */
  each(ms: number, visit: (name: string, parts: Float32Array, id: number) => void): void {
    const step = 1 - Math.exp(-Math.max(0, ms) / GLIDE_MS);
    for (const [id, { now, to }] of this.shown) {
      for (let part = 0; part < 3; part++) glide(now, to, part * POSE_NUMBERS, step);
      visit(this.names.get(id) ?? "", now, id);
    }
  }
}

/** A hand that appears or is gone does so at once; rotations take the short way and stay of length 1. */
function glide(now: Float32Array, to: Float32Array, at: number, step: number): void {
  if (Number.isNaN(now[at]!) || Number.isNaN(to[at]!)) {
    for (let k = 0; k < POSE_NUMBERS; k++) now[at + k] = to[at + k]!;
    return;
  }
  for (let k = 0; k < 3; k++) now[at + k]! += (to[at + k]! - now[at + k]!) * step;
  let dot = 0;
  for (let k = 3; k < POSE_NUMBERS; k++) dot += now[at + k]! * to[at + k]!;
  const sign = dot < 0 ? -1 : 1;
  let length = 0;
  for (let k = 3; k < POSE_NUMBERS; k++) {
    now[at + k]! += (sign * to[at + k]! - now[at + k]!) * step;
    length += now[at + k]! ** 2;
  }
  length = Math.sqrt(length) || 1;
  for (let k = 3; k < POSE_NUMBERS; k++) now[at + k]! /= length;
}
