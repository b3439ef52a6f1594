// Owns what this device remembers of where the cluster stood in its room: the anchor's handle, how the cluster stands to it, its
// size. Read tolerantly: what is not exactly so is as good as nothing. The text is pure; only load and save touch storage.

import type { Offset } from "./anchored";
import { SCALES } from "./rig";

const KEY = "twin.room.anchor";

export interface Kept {
  /** The browser's own name of a persistent anchor. */
  readonly handle: string;
  readonly offset: Offset;
  readonly scale: number;
}

/** Null: nothing is remembered, or not in this form. */
export function parseKept(text: string | null): Kept | null {
  let said: unknown;
  try {
    said = JSON.parse(text ?? "null");
  } catch {
    return null;
  }
  if (!Array.isArray(said) || said.length !== 9) return null;
  const [handle, ...numbers] = said as [unknown, ...unknown[]];
  if (typeof handle !== "string" || handle === "" || !numbers.every((one) => typeof one === "number" && Number.isFinite(one))) return null;
  const [x, y, z, qx, qy, qz, qw, scale] = numbers as [number, number, number, number, number, number, number, number];
  if (Math.abs(Math.hypot(qx, qy, qz, qw) - 1) > 0.01 || scale < SCALES.least || scale > SCALES.most) return null;
  return { handle, offset: { position: { x, y, z }, orientation: { x: qx, y: qy, z: qz, w: qw } }, scale };
}

export function textOf({ handle, offset: { position: p, orientation: q }, scale }: Kept): string {
  return JSON.stringify([handle, p.x, p.y, p.z, q.x, q.y, q.z, q.w, scale]);
}

export function load(): Kept | null {
  try {
    return parseKept(localStorage.getItem(KEY));
  } catch {
    return null; // a page without storage remembers nothing
  }
}

/** Null forgets. */
export function save(kept: Kept | null): void {
  try {
    if (kept) localStorage.setItem(KEY, textOf(kept));
    else localStorage.removeItem(KEY);
  } catch {
    // it stands there for this visit
  }
}
