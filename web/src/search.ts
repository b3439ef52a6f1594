// Owns finding a node by what a person types: part of an ip, a mac (with or without colons) or an id. Pure.
// Called by ui/searchbox.

import type { Roster } from "./roster";

export interface Found {
  /** Best first: the whole name, then its beginning, then its middle; rows in order within each. */
  readonly rows: number[];
  /** How many there are in all; `rows` stops at the limit. */
  readonly total: number;
}

export function search(roster: Roster, typed: string, limit = 12): Found {
  const wanted = typed.trim().toLowerCase();
  if (wanted === "") return { rows: [], total: 0 };
  const ranked: number[][] = [[], [], []];
  for (let row = 0; row < roster.size; row++) {
    const rank = rankOf(roster, row, wanted);
    if (rank >= 0) ranked[rank]!.push(row);
  }
  const rows = ranked.flat();
  return { rows: rows.slice(0, limit), total: rows.length };
}

/** 0 = it is the whole name, 1 = its beginning, 2 = somewhere in it, -1 = not there. */
function rankOf(roster: Roster, row: number, wanted: string): number {
  if (!roster.known(row)) return -1;
  const mac = roster.mac[row]!;
  const names = [roster.id[row]!.toLowerCase(), roster.ip[row]!, mac, mac.replaceAll(":", "")];
  let best = -1;
  for (const name of names) {
    const at = name.indexOf(wanted);
    if (at < 0) continue;
    const rank = name === wanted ? 0 : at === 0 ? 1 : 2;
    best = best < 0 ? rank : Math.min(best, rank);
  }
  return best;
}
