// Owns what the tests put in: frames as bytes, hellos, rosters, a small layout. Says nothing about what should come out.

import { FIELDS, STATUSES, type Hello, type Roster } from "../src/protocol.gen";
import { parseLayout, type Layout } from "../src/layout";

export interface FrameParts {
  kind?: "snapshot" | "delta" | "replay";
  epoch?: number;
  seq?: number;
  base?: number;
  timeMs?: number;
  rows?: number[];
  wide?: boolean;
  cpu?: number[];
  memory?: number[];
  disk?: number[];
  temperature?: number[];
  status?: number[];
  light?: number[];
  age?: number[];
}

/** Raw bytes of the columns in, a frame out. */
export function frameBytes(parts: FrameParts = {}): Uint8Array {
  const { kind = "snapshot", epoch = 7, seq = 1, base = 0, timeMs = 1000, rows = [], wide = false } = parts;
  const narrow = [parts.cpu, parts.memory, parts.disk, parts.temperature, parts.status, parts.light];
  let bitmap = 0;
  narrow.forEach((column, bit) => (bitmap |= column ? 1 << bit : 0));
  if (parts.age) bitmap |= 1 << 6;
  const out = [...ascii("TF"), 1, ["snapshot", "delta", "replay"].indexOf(kind) + (wide ? 0x80 : 0)];
  out.push(...u32(epoch), ...u32(seq), ...u32(base), ...u32(timeMs % 2 ** 32), ...u32(Math.floor(timeMs / 2 ** 32)));
  out.push(...u32(rows.length), ...u16(bitmap), ...rows.flatMap(wide ? u32 : u16));
  for (const column of narrow) if (column) out.push(...column);
  if (parts.age) out.push(...parts.age.flatMap(u16));
  return Uint8Array.from(out);
}

export function hello(changes: Partial<Hello> = {}): Hello {
  return {
    protocol: 1,
    server: "test",
    epoch: 7,
    seq: 0,
    tick_ms: 200,
    period_ms: 5000,
    server_ms: 1000,
    role: "viewer",
    lights: 24,
    fields: FIELDS.map((field) => ({ ...field })),
    statuses: [...STATUSES],
    model: { name: "cluster", layout: "/model/layout.json", hash: "0" },
    ...changes,
  };
}

/** Rows 0..count-1, each in the slot of its own number. */
export function roster(count: number, changes: Partial<Roster> = {}): Roster {
  const row = Array.from({ length: count }, (_, i) => i);
  return {
    epoch: 7,
    version: 1,
    base: 0,
    row,
    id: row.map((i) => `10.0.0.1-${i + 1}`),
    mac: row.map((i) => `b8:27:eb:00:00:${i.toString(16).padStart(2, "0")}`),
    ip: row.map((i) => `172.20.20.${i + 1}`),
    slot: row,
    ...changes,
  };
}

/** Two racks back to back, of two shelves with three Pis each: slots 0-5 look south, 6-11 north. */
export function layout(): Layout {
  return parseLayout(layoutJson());
}

export function layoutJson(): Record<string, unknown> {
  const slots: Record<string, unknown[]> = { id: [], switch_ip: [], port: [], rack: [], bank: [], shelf: [], position: [], yaw: [] };
  for (let slot = 0; slot < 12; slot++) {
    const south = slot < 6;
    const [shelf, column] = [Math.floor(slot / 3), slot % 3];
    const along = (column - 1) * 0.02;
    const entry = {
      id: `10.0.0.${south ? 1 : 2}-${slot + 1}`, switch_ip: `10.0.0.${south ? 1 : 2}`, port: slot + 1, rack: south ? "south" : "north",
      bank: south ? 0 : 1, shelf, position: [south ? along : -along, 1 - 0.1 * (shelf % 2), south ? 0.3 : -0.3], yaw: south ? 0 : Math.PI,
    };
    for (const [key, value] of Object.entries(entry)) slots[key]!.push(value);
  }
  const part = (name: string, z: number, yaw: number): object => ({ position: [0, 0.95, z], size: [0.5, 0.4, 0.3], yaw, name, ip: name, rack: name, bank: 0 });
  const parts = [part("south", 0.2, 0), part("north", -0.2, Math.PI)];
  return { version: 1, name: "test", units: "m", size: [0.6, 1.5, 0.8], pi: [0.017, 0.056, 0.085], slots, switches: parts, racks: parts };
}

function ascii(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}

function u16(value: number): number[] {
  return [value & 255, (value >> 8) & 255];
}

function u32(value: number): number[] {
  return [...u16(value & 0xffff), ...u16(Math.floor(value / 65536))];
}
