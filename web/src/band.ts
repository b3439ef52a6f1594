// Owns the shape of a chart: least, mean and most of each step as SVG paths. Pure. Steps are drawn as steps, because a
// mean is of a stretch and not of a moment; where nothing was measured there is a hole. Called by ui/timeline_plot and
// ui/nodecharts.

import { xOf, type Span } from "./span";

/** Columns, an entry a step. A step that nobody reported in is NaN, or is not there. */
export interface Series {
  readonly step: number;
  readonly t: readonly number[];
  readonly count: readonly number[];
  readonly min: readonly number[];
  readonly mean: readonly number[];
  readonly max: readonly number[];
}

export interface Box {
  readonly width: number;
  readonly height: number;
  /** Values at the lower and the upper edge. */
  readonly low: number;
  readonly high: number;
}

/** Where runs of steps without a hole begin and end. */
function runsOf({ t, step, mean }: Series): [number, number][] {
  const runs: [number, number][] = [];
  let begin = -1;
  for (let i = 0; i <= t.length; i++) {
    const there = i < t.length && !Number.isNaN(mean[i]!);
    if (begin >= 0 && (!there || t[i]! - t[i - 1]! > 1.5 * step)) {
      runs.push([begin, i]);
      begin = -1;
    }
    if (there && begin < 0) begin = i;
  }
  return runs;
}

/** From the least to the most, closed. `until`: what is not over yet ends there. "" when there is nothing. */
export function bandPath(series: Series, span: Span, box: Box, until: number): string {
  const at = placed(series, span, box, until);
  return runsOf(series).map(([from, to]) => {
    let path = `M${at.x(from)},${at.y(series.max[from]!)}`;
    for (let i = from; i < to; i++) path += `V${at.y(series.max[i]!)}H${at.end(i)}`;
    for (let i = to - 1; i >= from; i--) path += `V${at.y(series.min[i]!)}H${at.x(i)}`;
    return `${path}Z`;
  }).join("");
}

export function meanPath(series: Series, span: Span, box: Box, until: number): string {
  const at = placed(series, span, box, until);
  return runsOf(series).map(([from, to]) => {
    let path = `M${at.x(from)},${at.y(series.mean[from]!)}`;
    for (let i = from; i < to; i++) path += `V${at.y(series.mean[i]!)}H${at.end(i)}`;
    return path;
  }).join("");
}

/** The same steps, valued by how many reports a minute came: a hole in the fleet is seen at once. The step that is
 * not over at `until` would look like one, so it is left out. */
export function reportsOf(series: Series, until: number): Series {
  const full = series.t.filter((t) => t + series.step <= until).length;
  const rate = series.count.slice(0, full).map((count) => (count * 60_000) / series.step);
  return { ...series, t: series.t.slice(0, full), count: series.count.slice(0, full), min: rate.map(() => 0), mean: rate, max: rate };
}

/** The step that a moment lies in, -1 when nothing was measured then. */
export function indexAt({ t, step, mean }: Series, ms: number): number {
  let [low, high] = [0, t.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (t[middle]! <= ms) low = middle + 1;
    else high = middle;
  }
  return low > 0 && ms < t[low - 1]! + step && !Number.isNaN(mean[low - 1]!) ? low - 1 : -1;
}

/** Least and most of all; null when nothing was measured. */
export function rangeOf({ min, max }: Series): [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < min.length; i++) {
    if (min[i]! < low) low = min[i]!;
    if (max[i]! > high) high = max[i]!;
  }
  return low <= high ? [low, high] : null;
}

function placed(series: Series, span: Span, { width, height, low, high }: Box, until: number) {
  const short = (value: number): number => Math.round(value * 10) / 10;
  return {
    x: (i: number) => short(xOf(span, width, series.t[i]!)),
    end: (i: number) => short(xOf(span, width, Math.max(series.t[i]!, Math.min(series.t[i]! + series.step, until)))),
    y: (value: number) => short(height * (1 - Math.min(1, Math.max(0, (value - low) / (high - low))))),
  };
}
