// Owns the reading of markers.json: outside input, parsed once into frozen types. Pure. A marker is found by the text that a
// decoder read; its modules are those that are known, never those that were read.

import { MarkersError } from "../errors";
import type { Vec3 } from "./linear";

type Four = readonly [Vec3, Vec3, Vec3, Vec3];

export interface Marker {
  readonly id: string;
  /** "" for those of the ruler sheet. */
  readonly switchIp: string;
  readonly text: string;
  /** The symbol's edge without its quiet zone, metres. */
  readonly size: number;
  /** Top left, top right, bottom right, bottom left, in the cluster's axes (the ruler's: in the sheet's). */
  readonly places: Four;
  /** The same by the design; a survey may have found that it hangs elsewhere. */
  readonly designed: Four;
  readonly rows: readonly string[];
}

export interface Markers {
  readonly origin: string;
  readonly markers: readonly Marker[];
  readonly ruler: { readonly markers: readonly Marker[]; readonly crosses: ReadonlyMap<string, Vec3> };
  /** The marker of a decoded text, the case of letters aside; null: another cluster's, or an older print. */
  readonly find: (text: string) => Marker | null;
}

const VERSION = 1;

/** JSON value -> Markers. Throws MarkersError that names the key. */
export function parseMarkers(value: unknown): Markers {
  const root = object(value, "the file");
  if (root["version"] !== VERSION) throw new MarkersError("version", `is ${String(root["version"])}, this page reads ${VERSION}`);
  const modules = number(root["modules"], "modules");
  const markers = list(root["markers"], "markers").map((one, n) => marker(one, modules, `markers[${n}]`));
  const sheet = object(root["ruler"], "ruler");
  const ruler = {
    markers: list(sheet["markers"], "ruler.markers").map((one, n) => marker(one, modules, `ruler.markers[${n}]`)),
    crosses: new Map(Object.entries(object(sheet["crosses"], "ruler.crosses")).map(([name, at]) => [name, point(at, `ruler.crosses.${name}`)])),
  };
  const known = new Map<string, Marker>();
  for (const one of [...markers, ...ruler.markers]) {
    if (known.has(one.text.toUpperCase())) throw new MarkersError(one.id, "says the same as another marker");
    known.set(one.text.toUpperCase(), one);
  }
  return { origin: text(root["origin"], "origin"), markers, ruler, find: (said) => known.get(said.toUpperCase()) ?? null };
}

function marker(value: unknown, modules: number, key: string): Marker {
  const one = object(value, key);
  const rows = list(one["rows"], `${key}.rows`).map((row, n) => text(row, `${key}.rows[${n}]`));
  if (rows.length !== modules || rows.some((row) => row.length !== modules || /[^01]/.test(row))) {
    throw new MarkersError(`${key}.rows`, `are not ${modules} texts of ${modules} modules`);
  }
  const places = four(one["corners"], `${key}.corners`);
  const designed = one["designed"] === undefined ? places : four(object(one["designed"], `${key}.designed`)["corners"], `${key}.designed.corners`);
  return {
    id: text(one["id"], `${key}.id`),
    switchIp: one["switch_ip"] === undefined ? "" : text(one["switch_ip"], `${key}.switch_ip`),
    text: text(one["text"], `${key}.text`),
    size: number(one["size"], `${key}.size`),
    places,
    designed,
    rows,
  };
}

function four(value: unknown, key: string): Four {
  const [tl, tr, br, bl, more] = list(value, key).map((each, n) => point(each, `${key}[${n}]`));
  if (!tl || !tr || !br || !bl || more) throw new MarkersError(key, "are not four points");
  return [tl, tr, br, bl];
}

function object(value: unknown, key: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MarkersError(key, "is not an object");
  return value as Record<string, unknown>;
}

function list(value: unknown, key: string): unknown[] {
  if (!Array.isArray(value)) throw new MarkersError(key, "is not a list");
  return value;
}

function text(value: unknown, key: string): string {
  if (typeof value !== "string") throw new MarkersError(key, "is not text");
  return value;
}

function number(value: unknown, key: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new MarkersError(key, "is not a number");
  return value;
}

function point(value: unknown, key: string): Vec3 {
  const [x, y, z, more] = list(value, key).map((one) => number(one, key));
  if (x === undefined || y === undefined || z === undefined || more !== undefined) throw new MarkersError(key, "is not three numbers");
  return [x, y, z];
}
