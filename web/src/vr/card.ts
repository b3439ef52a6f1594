// Owns what the board in the headset says of a Pi: lines with units, its age, a chart of each metric. Pure; board draws it.
// The words are those of the page's panel, so that nobody learns two languages.

import { rangeOf, type Series } from "../band";
import type { Layout } from "../layout";
import { LOOKS, css, statusName } from "../palette";
import type { NodeDetail } from "../protocol.gen";
import { ageText, linesOf, processesOf, type Line } from "../report";
import type { State } from "../state";
import type { Metric } from "../history";

export interface Card {
  readonly title: string;
  readonly place: string;
  readonly status: string;
  readonly statusColour: string;
  readonly heard: string;
  /** Its values are not of now: draw them pale. */
  readonly stale: boolean;
  readonly lines: readonly Line[];
  readonly processes: readonly string[];
}

const PROCESSES = 4;

export function cardOf(state: State, row: number, detail: NodeDetail | null, layout: Layout, now: number, silent: boolean): Card {
  const look = LOOKS[statusName(state.statusAt(row, now))];
  const age = state.age(row, now);
  const known = { cpu: state.cpu[row]!, memory: state.memory[row]!, disk: state.disk[row]!, temperature: state.temperature[row]! };
  const report = detail !== null && detail.row === row ? detail.report : null;
  return {
    title: state.roster.id[row] ?? "",
    place: placeOf(layout, state.roster.slot[row] ?? -1),
    status: `${look.glyph} ${statusName(state.statusAt(row, now))}`,
    statusColour: css(look.rgb),
    heard: `heard ${ageText(age)}${silent ? " · the wire is silent" : ""}`,
    stale: silent || age > 1.5 * state.periodMs,
    lines: linesOf(known, report),
    processes: processesOf(report).slice(0, PROCESSES).map(({ name, cpu }) => `${name}  ${cpu} %`),
  };
}

function placeOf(layout: Layout, slot: number): string {
  const { rack, bank, shelf, port } = layout.slots;
  if (slot < 0 || rack[slot] === undefined) return "holding area";
  return `${rack[slot].replaceAll("-", " ")} · bank ${bank[slot]! + 1} · shelf ${shelf[slot]! + 1} · port ${port[slot]!}`;
}

/** What a chart's edges say: "12.0 to 31.5 %"; "" when nothing was measured. */
export function rangeText(series: Series | null, unit: string): string {
  const range = series && rangeOf(series);
  return range ? `${range[0].toFixed(1)} to ${range[1].toFixed(1)} ${unit}` : "";
}

export type Charts = Readonly<Record<Metric, Series>>;
