// Owns the reading of the binary message `poses`: everybody's head and hands, as columns. Pure. The layout is drawn in
// docs/clients.md; the Python side is twin/wire/presence.py, and both read the same golden bytes in their tests.

import { FrameError } from "../errors";
import { POSES_HEADER_BYTES, POSES_PER_METRE, POSES_UNIT, POSES_VERSION, POSE_HANDS } from "../protocol.gen";

/** x y z in metres, qx qy qz qw. */
export const POSE_NUMBERS = 7;

export interface Poses {
  readonly id: Uint16Array;
  /** Milliseconds since each pose came to the server. */
  readonly age: Uint16Array;
  /** count x 3 x 7: head, left, right; NaN where there is none. */
  readonly parts: Float32Array;
}

/** Throws FrameError; never reads past the end. */
export function decodePoses(input: ArrayBuffer | Uint8Array): Poses {
  const bytes = input instanceof Uint8Array ? input : new Uint8Array(input);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < POSES_HEADER_BYTES) throw new FrameError("short", `poses of ${bytes.length} bytes are shorter than their header`);
  if (bytes[0] !== 0x54 || bytes[1] !== 0x50) throw new FrameError("magic", "poses must begin with TP: this is something else");
  if (bytes[2] !== POSES_VERSION) throw new FrameError("version", `poses of version ${bytes[2]}, and this page reads ${POSES_VERSION}: reload the page`);
  const count = view.getUint16(4, true);
  let at = POSES_HEADER_BYTES;
  const take = (length: number): number => {
    const start = at;
    at += 2 * length;
    if (at > bytes.length) throw new FrameError("short", `poses end at byte ${bytes.length}, a column needs ${at}`);
    return start;
  };
  const u16 = (): Uint16Array => {
    const start = take(count);
    return Uint16Array.from({ length: count }, (_, i) => view.getUint16(start + 2 * i, true));
  };
  const [id, age, bits] = [u16(), u16(), u16()];
  const parts = new Float32Array(count * 3 * POSE_NUMBERS).fill(NaN);
  [0xffff, POSE_HANDS.left, POSE_HANDS.right].forEach((bit, part) => {
    const who = [...bits.keys()].filter((i) => part === 0 || (bits[i]! & bit) !== 0);
    const [place, turn] = [take(3 * who.length), take(4 * who.length)];
    who.forEach((person, i) => {
      const out = (person * 3 + part) * POSE_NUMBERS;
      for (let k = 0; k < 3; k++) parts[out + k] = view.getInt16(place + 2 * (3 * i + k), true) / POSES_PER_METRE;
      for (let k = 0; k < 4; k++) parts[out + 3 + k] = view.getInt16(turn + 2 * (4 * i + k), true) / POSES_UNIT;
    });
  });
  if (at !== bytes.length) throw new FrameError("length", `${bytes.length - at} bytes follow the last column of the poses`);
  return { id, age, parts };
}
