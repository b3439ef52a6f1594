// Owns the stretch of time that the timeline shows: how long it is, where a moment lies in it, and how it moves. Pure;
// times are milliseconds since 1970, places are pixels. Called by ui/timeline and ui/nodecharts.

export interface Span {
  readonly from: number;
  readonly to: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What the buttons offer beside everything. */
export const WINDOWS: readonly number[] = [10 * MINUTE, HOUR, DAY];
/** What the wheel and the keys go through. */
export const LENGTHS: readonly number[] = [10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY, 28 * DAY, 91 * DAY, 365 * DAY];
/** A moment that has to be seen keeps this share of the stretch away from both ends. */
const MARGIN = 0.06;
/** Pixels that a step of the chart is wide at least. */
const STEP_WIDTH = 3;

export function spanOf(to: number, length: number): Span {
  return { from: to - length, to };
}

export function lengthOf(span: Span): number {
  return span.to - span.from;
}

export function xOf(span: Span, width: number, ms: number): number {
  return ((ms - span.from) / lengthOf(span)) * width;
}

/** The moment at a pixel; beyond the ends it is the end. */
export function msAt(span: Span, width: number, x: number): number {
  const share = Math.min(1, Math.max(0, width > 0 ? x / width : 0));
  return Math.round(span.from + share * lengthOf(span));
}

/** The next longer (+1) or shorter (-1) length. */
export function nextLength(length: number, direction: number): number {
  const at = LENGTHS.findIndex((one) => one >= length);
  return LENGTHS[Math.min(LENGTHS.length - 1, Math.max(0, (at < 0 ? LENGTHS.length - 1 : at) + Math.sign(direction)))]!;
}

/** Another length; `about` stays where it is. */
export function resized(span: Span, length: number, about: number): Span {
  const share = (about - span.from) / lengthOf(span);
  const from = Math.round(about - share * length);
  return { from, to: from + length };
}

export function moved(span: Span, by: number): Span {
  return { from: span.from + by, to: span.to + by };
}

/** The length that shows a history so old: a little longer, in steps, so that it does not grow with every second. */
export function wholeLength(ageMs: number): number {
  const unit = MINUTE * 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, ageMs) / MINUTE / 16)));
  return Math.max(LENGTHS[0]!, Math.ceil(ageMs / unit) * unit);
}

/** The same stretch, moved no further than it must be to lie within what there is; the end counts more than the begin. */
export function within(span: Span, reach: Span): Span {
  if (span.to > reach.to || lengthOf(span) >= lengthOf(reach)) return moved(span, reach.to - span.to);
  return span.from < reach.from ? moved(span, reach.from - span.from) : span;
}

/** The same stretch, moved so far that `ms` can be seen. One that can be seen already moves nothing. */
export function holding(span: Span, ms: number): Span {
  const margin = MARGIN * lengthOf(span);
  if (ms < span.from) return moved(span, Math.round(ms - margin - span.from));
  return ms > span.to ? moved(span, Math.round(ms + margin - span.to)) : span;
}

/** A stretch that ends now, in whole pixels: it moves only when the picture of it would. */
export function following(nowMs: number, length: number, width: number): Span {
  const pixel = length / Math.max(1, width);
  return spanOf(Math.round(Math.ceil(nowMs / pixel) * pixel), length);
}

/** How long one step of a chart so wide is: whole minutes, as the history has them. */
export function stepFor(length: number, width: number): number {
  return MINUTE * Math.max(1, Math.ceil((length / MINUTE) * (STEP_WIDTH / Math.max(STEP_WIDTH, width))));
}

/** The stretch in whole steps, so that the same question is asked again and its answer may be kept. */
export function whole(span: Span, step: number): Span {
  return { from: Math.max(0, Math.floor(span.from / step) * step), to: Math.ceil(span.to / step) * step };
}

/** "15 min", "3 h", "1 day": for the buttons. */
export function lengthText(length: number): string {
  if (length < HOUR) return `${Math.round(length / MINUTE)} min`;
  if (length < DAY) return `${Math.round(length / HOUR)} h`;
  const days = Math.round(length / DAY);
  if (days === 365) return "1 year";
  if (days >= 7 && days % 7 === 0) return days === 7 ? "1 week" : `${days / 7} weeks`;
  return days === 1 ? "1 day" : `${days} days`;
}
