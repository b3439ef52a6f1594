// Owns the making of a QR symbol (ISO/IEC 18004): bytes, correction level M, versions 1 to 10, which is 213 bytes. Pure. For
// the address that a big screen shows; the printed markers' symbols are made by the server.

/** By version from 1: codewords in all, correction codewords a block, blocks (the first ones may be a byte shorter). */
const VERSIONS = [
  [26, 10, 1], [44, 16, 1], [70, 26, 1], [100, 18, 2], [134, 24, 2], [172, 16, 4], [196, 18, 4], [242, 22, 4], [292, 22, 5], [346, 26, 5],
] as const;
/** Centres of the alignment patterns. */
const ALIGNED = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]] as const;
const LEVEL_M = 0;

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Rows of modules, true = dark, without the margin; null when the text is too long. `mask` is for tests. */
export function qrOf(text: string, mask?: number): boolean[][] | null {
  const bytes = new TextEncoder().encode(text);
  const version = 1 + VERSIONS.findIndex(([all, each, blocks], at) => bytes.length + (at < 9 ? 2 : 3) <= all - each * blocks);
  if (version === 0) return null;
  const codewords = interleaved(dataOf(bytes, version), version);
  const drawn = (with_: number): boolean[][] => new Drawing(version).finish(codewords, with_);
  if (mask !== undefined) return drawn(mask);
  const all = MASKS.map((_, at) => drawn(at));
  return all.reduce((best, one) => (penalty(one) < penalty(best) ? one : best));
}

/** Mode, length, the bytes, the end, and filling. */
function dataOf(bytes: Uint8Array, version: number): number[] {
  const [all, each, blocks] = VERSIONS[version - 1]!;
  const room = all - each * blocks;
  const bits: number[] = [];
  const put = (value: number, width: number): void => {
    for (let bit = width - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  put(0b0100, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  put(0, Math.min(4, 8 * room - bits.length));
  put(0, -bits.length & 7);
  const data = Array.from({ length: bits.length / 8 }, (_, at) => bits.slice(8 * at, 8 * at + 8).reduce((sum, bit) => 2 * sum + bit, 0));
  for (let fill = 0; data.length < room; fill++) data.push(fill % 2 === 0 ? 0xec : 0x11);
  return data;
}

function interleaved(data: readonly number[], version: number): number[] {
  const [all, each, blocks] = VERSIONS[version - 1]!;
  const short = Math.floor((all - each * blocks) / blocks);
  const long = (all - each * blocks) % blocks;
  const parts = Array.from({ length: blocks }, (_, block) => {
    const from = block * short + Math.max(0, block - (blocks - long));
    return data.slice(from, from + short + Number(block >= blocks - long));
  });
  const checks = parts.map((part) => correction(part, each));
  const out: number[] = [];
  for (const columns of [parts, checks]) {
    for (let at = 0; at < Math.max(...columns.map(({ length }) => length)); at++) for (const column of columns) if (at < column.length) out.push(column[at]!);
  }
  return out;
}

/** Reed and Solomon over GF(256), polynomial 0x11d. */
function correction(data: readonly number[], count: number): number[] {
  let divisor = [1];
  for (let at = 0; at < count; at++) {
    const next = [...divisor, 0];
    divisor.forEach((value, i) => (next[i + 1] = next[i + 1]! ^ times(value, power(at))));
    divisor = next;
  }
  const rest: number[] = Array(count).fill(0);
  for (const value of data) {
    const lead = value ^ rest.shift()!;
    rest.push(0);
    for (let i = 0; i < count; i++) rest[i] = rest[i]! ^ times(divisor[i + 1]!, lead);
  }
  return rest;
}

function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((b >> bit) & 1) * a;
  }
  return product;
}

function power(exponent: number): number {
  let value = 1;
  for (let at = 0; at < exponent; at++) value = times(value, 2);
  return value;
}

/** The remainder that guards the format and the version. */
function guarded(value: number, width: number, polynomial: number): number {
  let rest = value;
  for (let at = 0; at < width; at++) rest = (rest << 1) ^ ((rest >> (width - 1)) * polynomial);
  return (value << width) | (rest & ((1 << width) - 1));
}

class Drawing {
  private readonly size: number;
  private readonly dark: boolean[][];
  /** Modules that carry no data. */
  private readonly taken: boolean[][];

  private readonly version: number;

  constructor(version: number) {
    this.version = version;
    this.size = 17 + 4 * version;
    this.dark = Array.from({ length: this.size }, () => Array<boolean>(this.size).fill(false));
    this.taken = this.dark.map((row) => [...row]);
    for (let at = 0; at < this.size; at++) for (const [x, y] of [[at, 6], [6, at]] as const) this.set(x, y, at % 2 === 0);
    for (const [x, y] of [[3, 3], [this.size - 4, 3], [3, this.size - 4]] as const) this.finder(x, y);
    const at = ALIGNED[version - 1]!;
    const last = at.length - 1;
    at.forEach((x, i) => at.forEach((y, j) => {
      if (!((i === 0 && j === 0) || (i === last && j === 0) || (i === 0 && j === last))) this.square(x, y, 2, [1]);
    }));
    if (version >= 7) this.versionBits();
    this.format(0);
  }

  finish(codewords: readonly number[], mask: number): boolean[][] {
    this.fill(codewords);
    for (let y = 0; y < this.size; y++) {
      for (let x = 0; x < this.size; x++) if (!this.taken[y]![x] && MASKS[mask]!(x, y)) this.dark[y]![x] = !this.dark[y]![x];
    }
    this.format(mask);
    return this.dark;
  }

  private fill(codewords: readonly number[]): void {
    let bit = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step++) {
        for (const x of [right, right - 1]) {
          const y = ((right + 1) & 2) === 0 ? this.size - 1 - step : step;
          if (this.taken[y]![x] || bit >= 8 * codewords.length) continue;
          this.dark[y]![x] = ((codewords[bit >> 3]! >> (7 - (bit & 7))) & 1) === 1;
          bit++;
        }
      }
    }
  }

  private set(x: number, y: number, dark: boolean): void {
    this.dark[y]![x] = dark;
    this.taken[y]![x] = true;
  }

  private finder(x: number, y: number): void {
    this.square(x, y, 4, [2, 4]);
  }

  /** Rings around a point; those in `light` are light. */
  private square(x: number, y: number, reach: number, light: readonly number[]): void {
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const inside = x + dx >= 0 && x + dx < this.size && y + dy >= 0 && y + dy < this.size;
        if (inside) this.set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    }
  }

  private format(mask: number): void {
    const bits = guarded((LEVEL_M << 3) | mask, 10, 0x537) ^ 0x5412;
    const bit = (at: number): boolean => ((bits >> at) & 1) === 1;
    const { size } = this;
    for (let at = 0; at <= 5; at++) this.set(8, at, bit(at));
    this.set(8, 7, bit(6));
    this.set(8, 8, bit(7));
    this.set(7, 8, bit(8));
    for (let at = 9; at < 15; at++) this.set(14 - at, 8, bit(at));
    for (let at = 0; at < 8; at++) this.set(size - 1 - at, 8, bit(at));
    for (let at = 8; at < 15; at++) this.set(8, size - 15 + at, bit(at));
    this.set(8, size - 8, true);
  }

  private versionBits(): void {
    const bits = guarded(this.version, 12, 0x1f25);
    for (let at = 0; at < 18; at++) {
      const [a, b] = [this.size - 11 + (at % 3), Math.floor(at / 3)];
      const dark = ((bits >> at) & 1) === 1;
      this.set(a, b, dark);
      this.set(b, a, dark);
    }
  }
}

/** How hard a symbol is to read: runs, blocks, what looks like a corner, too much of one shade. */
function penalty(dark: readonly (readonly boolean[])[]): number {
  const size = dark.length;
  let points = 0;
  let count = 0;
  const lines = [...dark, ...dark.map((_, x) => dark.map((row) => row[x]!))];
  for (const line of lines) {
    const text = line.map((one) => (one ? "1" : "0")).join("");
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) points += run.length - 2;
    for (let at = 0; at + 11 <= size; at++) if (text.startsWith("10111010000", at) || text.startsWith("00001011101", at)) points += 40;
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const one = dark[y]![x]!;
      count += Number(one);
      if (y + 1 < size && x + 1 < size && dark[y]![x + 1] === one && dark[y + 1]![x] === one && dark[y + 1]![x + 1] === one) points += 3;
    }
  }
  return points + 10 * Math.floor(Math.abs((20 * count) / size ** 2 - 10));
}
