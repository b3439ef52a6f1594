// Owns the part of the address line that says what is looked at: #node=<id>&t=<time>, so that a link opens at a Pi and
// a moment; #switch=<ip>, as printed markers have it, opens at the first Pi of that switch; rack=<name> or shelf=<number,
// from 1> is what the view holds. Pure. A node in the query, as older links have it, counts too. Called by ui/addressline.

import { BOX, type Focus } from "./scene/focus";

export interface Place {
  /** An id, or a mac; "" = none. */
  readonly node: string;
  /** Address of a switch; "" = none. */
  readonly switchIp: string;
  /** A rack or a shelf; null = no link asks for one. */
  readonly focus: Focus | null;
  /** Milliseconds since 1970; null = the present. */
  readonly atMs: number | null;
  /** What cannot be read, in a sentence; "" when all is well. */
  readonly wrong: string;
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)?$/;
const MS = /^\d{10,16}$/;

export function readPlace(search: string, hash: string): Place {
  const said = new URLSearchParams(hash.replace(/^#/, "").replaceAll("+", "%2B")); // +01:00 is a zone, not a blank
  const node = said.get("node") ?? new URLSearchParams(search).get("node") ?? "";
  const switchIp = said.get("switch") ?? "";
  const focus = readFocus(said);
  const time = said.get("t");
  if (time === null || time === "") return { node, switchIp, focus, atMs: null, wrong: "" };
  const atMs = MS.test(time) ? Number(time) : ISO.test(time) ? Date.parse(time) : NaN;
  if (Number.isFinite(atMs)) return { node, switchIp, focus, atMs, wrong: "" };
  return { node, switchIp, focus, atMs: null, wrong: `The link's time “${time.slice(0, 40)}” cannot be read; it looks like 2026-11-22T23:00:00Z. This is the present.` };
}

/** What stands behind the # for it; "" for nothing. Whole seconds: nobody tells more apart. */
export function writePlace(node: string, atMs: number | null, focus: Focus = BOX): string {
  const parts = [];
  if (focus.kind === "rack") parts.push(`rack=${encodeURIComponent(focus.rack)}`);
  if (focus.kind === "shelf") parts.push(`shelf=${focus.shelf + 1}`);
  if (node !== "") parts.push(`node=${encodeURIComponent(node).replaceAll("%3A", ":")}`);
  if (atMs !== null) parts.push(`t=${new Date(Math.round(atMs / 1000) * 1000).toISOString().replace(".000Z", "Z")}`);
  return parts.length > 0 ? `#${parts.join("&")}` : "";
}

function readFocus(said: URLSearchParams): Focus | null {
  const [rack, shelf] = [said.get("rack") ?? "", said.get("shelf") ?? ""];
  if (/^[1-9]\d{0,5}$/.test(shelf)) return { kind: "shelf", shelf: Number(shelf) - 1 };
  return rack === "" ? null : { kind: "rack", rack };
}
