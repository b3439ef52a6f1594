// Owns the reading of one binary frame. Pure: bytes in, columns out; what they mean for a row is state's business.
// Called by link. The Python side is twin/wire/frame.py; both read the same golden bytes in their tests.
//
//   byte  0        2         3         4          8         12         16            24          28            30
//         | "TF"   | version | kind    | epoch    | seq     | base     | time_ms     | count     | columns     | columns ...
//         | 2      | u8 = 1  | u8      | u32      | u32     | u32      | u64         | u32       | u16 bitmap  |
//
//   kind      0 snapshot, 1 delta, 2 replay; + 0x80 when rows are u32 instead of u16
//   columns   little-endian, no padding, each `count` long, in this order; one whose bit is off is not there
//             row u16|u32 (always) · 0 cpu u8 · 1 memory u8 · 2 disk u8 · 3 temperature u8 · 4 status u8
//             · 5 light 3 x u8 · 6 age u16
//   Columns of bits this page does not know come after those it does, and are left alone.

import { FrameError } from "./errors";
import { FRAME_HEADER_BYTES, FRAME_KIND, FRAME_VERSION, FRAME_WIDE_ROWS } from "./protocol.gen";

export type FrameKind = keyof typeof FRAME_KIND;

export interface Frame {
  readonly kind: FrameKind;
  readonly epoch: number;
  readonly seq: number;
  readonly base: number;
  readonly timeMs: number;
  readonly count: number;
  readonly bytes: number;
  readonly row: Uint32Array;
  readonly cpu: Uint8Array | null;
  readonly memory: Uint8Array | null;
  readonly disk: Uint8Array | null;
  readonly temperature: Uint8Array | null;
  readonly status: Uint8Array | null;
  readonly light: Uint8Array | null;
  readonly age: Uint16Array | null;
}

const KINDS: readonly FrameKind[] = ["snapshot", "delta", "replay"];
const KNOWN_BITS = 0x7f;

/** Bytes of one frame -> its columns. The u8 columns are views of the given bytes. Throws FrameError. */
export function decodeFrame(input: ArrayBuffer | Uint8Array): Frame {
  const bytes = input instanceof Uint8Array ? input : new Uint8Array(input);
  if (bytes.length < FRAME_HEADER_BYTES) {
    throw new FrameError("short", `a frame of ${bytes.length} bytes is shorter than its header of ${FRAME_HEADER_BYTES}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kindByte = checkHead(view);
  const count = view.getUint32(24, true);
  const columns = view.getUint16(28, true);
  const reader = new Columns(bytes, view, count, columns);
  const row = kindByte & FRAME_WIDE_ROWS ? reader.wide() : reader.narrow(true);
  const frame: Frame = {
    kind: kindOf(kindByte),
    epoch: view.getUint32(4, true),
    seq: view.getUint32(8, true),
    base: view.getUint32(12, true),
    timeMs: view.getUint32(16, true) + view.getUint32(20, true) * 2 ** 32,
    count,
    bytes: bytes.length,
    row,
    cpu: reader.bytesOf(0),
    memory: reader.bytesOf(1),
    disk: reader.bytesOf(2),
    temperature: reader.bytesOf(3),
    status: reader.bytesOf(4),
    light: reader.bytesOf(5, 3),
    age: reader.ages(6),
  };
  reader.finish();
  return frame;
}

function checkHead(view: DataView): number {
  if (view.getUint8(0) !== 0x54 || view.getUint8(1) !== 0x46) {
    throw new FrameError("magic", "a frame must begin with TF: this is something else");
  }
  const version = view.getUint8(2);
  if (version !== FRAME_VERSION) {
    throw new FrameError("version", `a frame of version ${version}, and this page reads ${FRAME_VERSION}: reload the page`);
  }
  return view.getUint8(3);
}

function kindOf(byte: number): FrameKind {
  const kind = KINDS[byte & ~FRAME_WIDE_ROWS];
  if (kind === undefined) throw new FrameError("kind", `frame kind ${byte} is none of snapshot, delta, replay`);
  return kind;
}

/** Walks the columns once, in bit order, and refuses to read past the end. */
class Columns {
  private at = FRAME_HEADER_BYTES;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly count: number;
  private readonly bitmap: number;

  constructor(bytes: Uint8Array, view: DataView, count: number, bitmap: number) {
    this.bytes = bytes;
    this.view = view;
    this.count = count;
    this.bitmap = bitmap;
  }

  wide(): Uint32Array {
    const start = this.take(4);
    const out = new Uint32Array(this.count);
    for (let i = 0; i < out.length; i++) out[i] = this.view.getUint32(start + 4 * i, true);
    return out;
  }

  narrow(asRows: true): Uint32Array;
  narrow(asRows: false): Uint16Array;
  narrow(asRows: boolean): Uint32Array | Uint16Array {
    const start = this.take(2);
    const out = asRows ? new Uint32Array(this.count) : new Uint16Array(this.count);
    // Columns start at odd addresses, so a Uint16Array cannot simply be laid over the bytes.
    for (let i = 0; i < out.length; i++) out[i] = this.view.getUint16(start + 2 * i, true);
    return out;
  }

  ages(bit: number): Uint16Array | null {
    return this.bitmap & (1 << bit) ? this.narrow(false) : null;
  }

  bytesOf(bit: number, width = 1): Uint8Array | null {
    if (!(this.bitmap & (1 << bit))) return null;
    const start = this.take(width);
    return this.bytes.subarray(start, this.at);
  }

  finish(): void {
    const rest = this.bytes.length - this.at;
    if (rest !== 0 && (this.bitmap & ~KNOWN_BITS) === 0) {
      throw new FrameError("length", `${rest} bytes are left over behind the last column of the frame`);
    }
  }

  private take(width: number): number {
    const start = this.at;
    const end = start + width * this.count;
    if (end > this.bytes.length) {
      throw new FrameError("short", `the frame says ${this.count} rows but ends after ${this.bytes.length} bytes`);
    }
    this.at = end;
    return start;
  }
}
