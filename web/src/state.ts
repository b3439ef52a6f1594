// Owns the live picture: one typed array a field, one entry a row. Pure: frames and the time are arguments, and nothing
// here knows of sockets, three or the page. Fed by link alone; read by scene and ui, which never write.
//
// Missing is NaN, never 0. A row's age is not stored but the moment it was last heard of (`heardAt`, this page's
// monotonic milliseconds), so that ages go on growing while the wire is silent. In a replay that clock is the time of the
// newest frame instead: the past grows older only as it is played.

import { ServerClock } from "./clock";
import type { Frame } from "./frame";
import { FIELDS, STATUSES, type FieldSpec, type Hello, type Roster as RosterEvent, type Status } from "./protocol.gen";
import { Roster } from "./roster";

/** applied; a duplicate, ignored; or a gap: ask the server to resume. */
export type Applied = "applied" | "ignored" | "gap";

/** A node is late when it missed two reports: the server's rule, applied here too while the wire is silent. While it
 * is not, the server knows better: some nodes report more rarely than the rest. */
const LATE_PERIODS = 3;
const SILENT_MS = 3000;
const STATUS_INDEX = new Map<string, number>(STATUSES.map((name, index) => [name, index]));
const LATE = STATUSES.indexOf("late");
const TRUSTING: readonly Status[] = ["online", "busy"];

export class State {
  epoch = -1;
  seq = 0;
  periodMs = 5000;
  /** Counts every change; whoever draws compares it with the count it last drew. */
  changes = 0;
  /** Counts changes of who sits where. */
  moves = 0;
  /** What is shown is the past, as it was at this time of the server; NaN in the present. */
  pastMs = NaN;
  readonly roster = new Roster();
  readonly clock = new ServerClock();
  cpu = new Float32Array(0);
  memory = new Float32Array(0);
  disk = new Float32Array(0);
  temperature = new Float32Array(0);
  status = new Uint8Array(0);
  light = new Uint8Array(0);
  heardAt = new Float64Array(0);
  private scales = scalesOf(FIELDS);
  private statusOf = statusesOf(STATUSES);
  private ageStepMs = 100;
  private ageNever = 65535;
  private frameAt = -Infinity;

  /** Rows 0..size-1; rows that the roster has not named are not drawn. */
  get size(): number {
    return this.roster.size;
  }

  /** The server says who it is. A new epoch is a new life of the live state: every row goes. */
  open(hello: Hello, now: number): void {
    this.periodMs = hello.period_ms;
    this.scales = scalesOf(hello.fields);
    this.statusOf = statusesOf(hello.statuses);
    const age = hello.fields.find((field) => field.bit === 6);
    this.ageStepMs = (age?.step ?? 0.1) * 1000;
    this.ageNever = age?.missing ?? 65535;
    if (hello.epoch !== this.epoch) this.clear();
    this.epoch = hello.epoch;
    this.clock.reset();
    this.clock.observe(hello.server_ms, now);
    this.changes++;
  }

  /** New or moved rows. False = a version is missing in between. */
  seat(event: RosterEvent): boolean {
    if (event.epoch !== this.epoch || !this.roster.apply(event)) return false;
    this.reserve(this.roster.size);
    this.changes++;
    this.moves++;
    return true;
  }

  apply(frame: Frame, now: number): Applied {
    const replay = frame.kind === "replay";
    if (!replay) this.clock.observe(frame.timeMs, now);
    if (frame.epoch !== this.epoch) return "gap";
    const whole = replay ? frame.base === 0 : frame.kind === "snapshot";
    if (whole ? frame.seq < this.seq : frame.seq <= this.seq) return "ignored";
    if (!whole && frame.base > this.seq) return "gap";
    if (whole) this.blank(0, this.cpu.length);
    this.pastMs = replay ? frame.timeMs : NaN;
    this.take(frame, replay ? frame.timeMs : this.clock.local(frame.timeMs, now));
    this.seq = frame.seq;
    this.frameAt = now;
    this.changes++;
    return "applied";
  }

  /** The picture is of the past. */
  get past(): boolean {
    return !Number.isNaN(this.pastMs);
  }

  /** Milliseconds since the node was last heard of; Infinity = never, or longer ago than the wire can say. */
  age(row: number, now: number): number {
    return Math.max(0, (this.past ? this.pastMs : now) - (this.heardAt[row] ?? -Infinity));
  }

  /** Index into STATUSES. What the server said, unless so long ago that it cannot be true any more. */
  statusAt(row: number, now: number): number {
    const said = this.status[row] ?? 0;
    if (this.past || now - this.frameAt <= SILENT_MS || !TRUSTING.includes(STATUSES[said]!)) return said;
    return this.age(row, now) > LATE_PERIODS * this.periodMs ? LATE : said;
  }

  /** Nodes of each status, in the order of STATUSES, into `out`. Returns how many nodes there are. */
  count(now: number, out: Uint32Array): number {
    out.fill(0);
    let nodes = 0;
    for (let row = 0; row < this.size; row++) {
      if (!this.roster.known(row)) continue;
      const status = this.statusAt(row, now);
      out[status] = out[status]! + 1;
      nodes++;
    }
    return nodes;
  }

  private take(frame: Frame, frameAt: number): void {
    const { row, light, age, status } = frame;
    let top = 0;
    for (let i = 0; i < row.length; i++) top = Math.max(top, row[i]! + 1);
    this.reserve(top);
    copy(this.cpu, row, frame.cpu, this.scales[0]!);
    copy(this.memory, row, frame.memory, this.scales[1]!);
    copy(this.disk, row, frame.disk, this.scales[2]!);
    copy(this.temperature, row, frame.temperature, this.scales[3]!);
    for (let i = 0; i < row.length; i++) {
      const at = row[i]!;
      if (status) this.status[at] = this.statusOf[status[i]!]!;
      if (light) this.light.set(light.subarray(3 * i, 3 * i + 3), 3 * at);
      if (age) this.heardAt[at] = age[i] === this.ageNever ? -Infinity : frameAt - age[i]! * this.ageStepMs;
    }
  }

  private clear(): void {
    this.seq = 0;
    this.pastMs = NaN;
    this.roster.clear();
    this.blank(0, this.cpu.length);
    this.moves++;
  }

  private blank(from: number, to: number): void {
    this.cpu.fill(NaN, from, to);
    this.memory.fill(NaN, from, to);
    this.disk.fill(NaN, from, to);
    this.temperature.fill(NaN, from, to);
    this.status.fill(0, from, to);
    this.light.fill(0, 3 * from, 3 * to);
    this.heardAt.fill(-Infinity, from, to);
  }

  private reserve(rows: number): void {
    const had = this.cpu.length;
    if (rows <= had) return;
    const size = Math.max(rows, 2 * had, 64);
    this.cpu = grown(this.cpu, new Float32Array(size));
    this.memory = grown(this.memory, new Float32Array(size));
    this.disk = grown(this.disk, new Float32Array(size));
    this.temperature = grown(this.temperature, new Float32Array(size));
    this.status = grown(this.status, new Uint8Array(size));
    this.light = grown(this.light, new Uint8Array(3 * size));
    this.heardAt = grown(this.heardAt, new Float64Array(size));
    this.blank(had, size);
  }
}

function grown<T extends Float32Array | Float64Array | Uint8Array>(old: T, wider: T): T {
  wider.set(old);
  return wider;
}

function copy(to: Float32Array, row: Uint32Array, raw: Uint8Array | null, scale: Float32Array): void {
  if (raw) for (let i = 0; i < row.length; i++) to[row[i]!] = scale[raw[i]!]!;
}

/** For each of the first four bits, what each of the 256 bytes means. */
function scalesOf(fields: readonly FieldSpec[]): Float32Array[] {
  return [0, 1, 2, 3].map((bit) => {
    const field = fields.find((one) => one.bit === bit) ?? FIELDS[bit]!;
    return Float32Array.from({ length: 256 }, (_, byte) => (byte === field.missing ? NaN : byte * field.step));
  });
}

/** The server's status numbers in ours; a status this page has never heard of is unknown. */
function statusesOf(names: readonly string[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, index) => STATUS_INDEX.get(names[index] ?? "") ?? 0);
}
