// Owns the colour of every row at a moment: state + mode + time -> one buffer of linear light. Pure, and writes into the
// buffer it is given: nothing is allocated, for this runs at every drawn frame. Called by scene/nodes, ui/table and tests.

import { DEAD, LOOKS, MISSING, SCALES, faded, freshness, linear, rampColor, statusName, type Mode, type Rgb } from "./palette";
import { STATUSES } from "./protocol.gen";
import type { State } from "./state";

const STEPS = 256;
const AGES = 32;
const LOST = STATUSES.indexOf("lost");

/** What the page knows beside the state. */
export interface View {
  mode: Mode;
  /** Nothing has come for seconds: then nothing at all may look fresh. */
  silent: boolean;
}

/** While the wire is silent no value is shown fresher than this. */
const SILENT_FRESHNESS = 0.35;

/** [age][value] -> linear rgb, made once a mode and palette; one more row of values at the end is "missing". */
const tables = new Map<Mode, Float32Array>();
let tablesFor = LOOKS;

/** Writes 3 floats a row, rows 0..state.size-1. A fresh report glows up to `pulse` brighter for a moment. */
export function paint(out: Float32Array, state: State, view: View, now: number, pulse = 0): void {
  const table = tableOf(view.mode);
  const values = valuesOf(state, view.mode);
  for (let row = 0; row < state.size; row++) {
    const status = state.statusAt(row, now);
    const age = state.age(row, now);
    const bright = 1 + pulse * Math.exp(-age / 450);
    const at = status === LOST ? deadEntry(view.mode) : entry(values, view, row, status, freshOf(state, view, age));
    out[3 * row] = table[at]! * bright;
    out[3 * row + 1] = table[at + 1]! * bright;
    out[3 * row + 2] = table[at + 2]! * bright;
  }
}

/** The same colour for one row, as CSS and people write it. */
export function rowColor(state: State, view: View, row: number, now: number): Rgb {
  const status = statusName(state.statusAt(row, now));
  if (status === "lost") return view.mode === "status" ? deadStatus() : DEAD;
  const fresh = freshOf(state, view, state.age(row, now));
  if (view.mode === "status") return faded(LOOKS[status].rgb, status === "late" ? 0.6 : fresh);
  return faded(rampColor(SCALES[view.mode], valuesOf(state, view.mode)[row] ?? NaN), fresh);
}

function valuesOf(state: State, mode: Mode): Float32Array | Uint8Array {
  if (mode === "status") return state.status;
  return mode === "cpu" ? state.cpu : mode === "memory" ? state.memory : state.temperature;
}

function freshOf(state: State, view: View, age: number): number {
  const fresh = freshness(age, state.periodMs);
  return view.silent ? Math.min(SILENT_FRESHNESS, fresh) : fresh;
}

function entry(values: Float32Array | Uint8Array, view: View, row: number, status: number, fresh: number): number {
  const age = Math.round(fresh * (AGES - 1));
  return 3 * (age * (STEPS + 1) + (view.mode === "status" ? status : step(view.mode, values[row]!)));
}

function step(mode: Exclude<Mode, "status">, value: number): number {
  if (Number.isNaN(value)) return STEPS;
  const { low, high } = SCALES[mode];
  return Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * (STEPS - 1));
}

function deadEntry(mode: Mode): number {
  return 3 * AGES * (STEPS + 1) + (mode === "status" ? 3 : 0);
}

function deadStatus(): Rgb {
  return faded(LOOKS.lost.rgb, 0);
}

function tableOf(mode: Mode): Float32Array {
  if (tablesFor !== LOOKS) tables.clear();
  tablesFor = LOOKS;
  const known = tables.get(mode);
  if (known) return known;
  const table = new Float32Array(3 * (AGES * (STEPS + 1) + 2));
  for (let age = 0; age < AGES; age++) {
    for (let at = 0; at <= STEPS; at++) {
      put(table, age * (STEPS + 1) + at, faded(colorAt(mode, at), agedFor(mode, at, age / (AGES - 1))));
    }
  }
  put(table, AGES * (STEPS + 1), DEAD);
  put(table, AGES * (STEPS + 1) + 1, deadStatus());
  tables.set(mode, table);
  return table;
}

function agedFor(mode: Mode, at: number, fresh: number): number {
  return mode === "status" && statusName(at) === "late" ? 0.6 : fresh; // late says "old" already
}

function colorAt(mode: Mode, at: number): Rgb {
  if (mode === "status") return LOOKS[statusName(at)].rgb;
  const scale = SCALES[mode];
  return at === STEPS ? MISSING : rampColor(scale, scale.low + ((scale.high - scale.low) * at) / (STEPS - 1));
}

function put(table: Float32Array, at: number, color: Rgb): void {
  for (let i = 0; i < 3; i++) table[3 * at + i] = linear(color[i]!);
}
