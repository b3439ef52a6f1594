// Owns the reading of layout.json: outside input, parsed once into frozen columns. Pure. Called by main; read by scene,
// select and the table. Metres, y up, x east, z south; yaw in radians about +y, 0 = faces +z.

import { LayoutError } from "./errors";

export type Triple = readonly [number, number, number];

export interface Slots {
  readonly id: readonly string[];
  readonly switchIp: readonly string[];
  readonly port: readonly number[];
  readonly rack: readonly string[];
  readonly bank: readonly number[];
  readonly shelf: readonly number[];
  readonly position: readonly Triple[];
  readonly yaw: readonly number[];
}

export interface Part {
  readonly name: string;
  readonly position: Triple;
  readonly size: Triple;
  readonly yaw: number;
}

export interface Switch extends Part {
  readonly rack: string;
}

/** What is not a Pi, as columns; `of` names what it belongs to, "" for the frame. A layout may have none. */
export interface Things {
  readonly id: readonly string[];
  readonly of: readonly string[];
  readonly position: readonly Triple[];
  readonly size: readonly Triple[];
  readonly yaw: readonly number[];
}

export interface Layout {
  readonly name: string;
  readonly size: Triple;
  readonly pi: Triple;
  readonly slots: Slots;
  readonly switches: readonly Switch[];
  readonly racks: readonly Part[];
  readonly fans: Things;
  readonly lamps: Things;
}

/** JSON value -> Layout. Throws LayoutError that names the key. */
export function parseLayout(value: unknown): Layout {
  const root = object(value, "the file");
  if (root["version"] !== 1) throw new LayoutError("version", `is ${String(root["version"])}, this page reads 1`);
  return {
    name: text(root["name"], "name"),
    size: triple(root["size"], "size"),
    pi: triple(root["pi"], "pi"),
    slots: parseSlots(object(root["slots"], "slots")),
    switches: list(root["switches"], "switches").map((one, i) => ({
      ...part(one, "ip", `switches[${i}]`),
      rack: text((one as Record<string, unknown>)["rack"], `switches[${i}].rack`),
    })),
    racks: list(root["racks"], "racks").map((one, i) => part(one, "name", `racks[${i}]`)),
    fans: things(root["fans"], "fans"),
    lamps: things(root["lamps"], "lamps"),
  };
}

function things(value: unknown, key: string): Things {
  const given = value === undefined ? {} : object(value, key);
  const column = <T>(name: string, one: (value: unknown, key: string) => T): T[] =>
    list(given[name] ?? [], `${key}.${name}`).map((each, i) => one(each, `${key}.${name}[${i}]`));
  const parsed = { id: column("id", text), of: column("of", text), position: column("position", triple), size: column("size", triple), yaw: column("yaw", number) };
  sameLength(parsed, key, "things");
  return parsed;
}

function parseSlots(slots: Record<string, unknown>): Slots {
  const column = <T>(key: string, one: (value: unknown, key: string) => T): T[] =>
    list(slots[key], `slots.${key}`).map((value, i) => one(value, `slots.${key}[${i}]`));
  const parsed: Slots = {
    id: column("id", text),
    switchIp: column("switch_ip", text),
    port: column("port", number),
    rack: column("rack", text),
    bank: column("bank", number),
    shelf: column("shelf", number),
    position: column("position", triple),
    yaw: column("yaw", number),
  };
  sameLength(parsed, "slots", "slots");
  return parsed;
}

function sameLength(columns: { readonly id: readonly unknown[] }, table: string, of: string): void {
  for (const [key, values] of Object.entries(columns) as [string, readonly unknown[]][]) {
    if (values.length !== columns.id.length) {
      throw new LayoutError(`${table}.${key}`, `has ${values.length} entries for ${columns.id.length} ${of}`);
    }
  }
}

function part(value: unknown, nameKey: string, key: string): Part {
  const one = object(value, key);
  return {
    name: text(one[nameKey], `${key}.${nameKey}`),
    position: triple(one["position"], `${key}.position`),
    size: triple(one["size"], `${key}.size`),
    yaw: number(one["yaw"], `${key}.yaw`),
  };
}

function object(value: unknown, key: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new LayoutError(key, "is not an object");
  return value as Record<string, unknown>;
}

function list(value: unknown, key: string): unknown[] {
  if (!Array.isArray(value)) throw new LayoutError(key, "is not a list");
  return value;
}

function text(value: unknown, key: string): string {
  if (typeof value !== "string") throw new LayoutError(key, "is not text");
  return value;
}

function number(value: unknown, key: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new LayoutError(key, "is not a number");
  return value;
}

function triple(value: unknown, key: string): Triple {
  const [x, y, z, more] = list(value, key).map((one) => number(one, key));
  if (x === undefined || y === undefined || z === undefined || more !== undefined) {
    throw new LayoutError(key, "is not three numbers");
  }
  return [x, y, z];
}
