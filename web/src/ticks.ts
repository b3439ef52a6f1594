// Owns what stands under the timeline and what a moment is called: even marks in the reader's own time zone, and words
// for a time. Pure: the zone and the present are arguments. Called by ui/timeline.

import { lengthOf, type Span } from "./span";

export interface Tick {
  readonly ms: number;
  readonly text: string;
  /** A new day begins here. */
  readonly day: boolean;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS: readonly number[] = [MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 56 * DAY];
/** Pixels that a mark with its text needs. */
const ROOM = 78;

/** Words for times in one zone; undefined: the reader's. */
export class Calendar {
  private readonly clock: Intl.DateTimeFormat;
  private readonly minute: Intl.DateTimeFormat;
  private readonly date: Intl.DateTimeFormat;
  private readonly dated: Intl.DateTimeFormat;
  private readonly parts: Intl.DateTimeFormat;

  constructor(timeZone?: string) {
    const zone = timeZone === undefined ? {} : { timeZone };
    const made = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat("en-GB", { ...zone, ...options });
    this.clock = made({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
    this.minute = made({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.date = made({ day: "numeric", month: "short" });
    this.dated = made({ weekday: "short", day: "numeric", month: "short" });
    this.parts = made({ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" });
  }

  /** Even marks of the stretch, as many as `width` pixels have room for. */
  ticks(span: Span, width: number): Tick[] {
    const most = Math.max(1, Math.floor(width / ROOM));
    const step = STEPS.find((one) => lengthOf(span) / one <= most) ?? Math.ceil(lengthOf(span) / most / DAY) * DAY;
    const ticks: Tick[] = [];
    const first = Math.floor((span.from + this.offset(span.from)) / step) * step;
    for (let local = first; ; local += step) {
      const ms = this.fromLocal(local);
      if (ms > span.to) return ticks;
      if (ms < span.from) continue;
      const day = local % DAY === 0;
      ticks.push({ ms, text: day ? this.date.format(ms) : this.minute.format(ms), day });
    }
  }

  time(ms: number): string {
    return this.clock.format(ms);
  }

  /** "today 23:14:05", "yesterday 23:14:05", "Fri 20 Nov 23:14:05", with the year when it is another. */
  moment(ms: number, nowMs: number): string {
    const days = this.dayOf(nowMs) - this.dayOf(ms);
    if (days === 0) return `today ${this.time(ms)}`;
    if (days === 1) return `yesterday ${this.time(ms)}`;
    const year = this.yearOf(ms);
    return `${this.dated.format(ms).replace(",", "")}${year === this.yearOf(nowMs) ? "" : ` ${year}`} ${this.time(ms)}`;
  }

  private dayOf(ms: number): number {
    return Math.floor((ms + this.offset(ms)) / DAY);
  }

  private yearOf(ms: number): number {
    return new Date(ms + this.offset(ms)).getUTCFullYear();
  }

  /** When the wall clock shows `local`. Twice at the end of summer: the first. */
  private fromLocal(local: number): number {
    const guess = local - this.offset(local);
    return local - this.offset(guess);
  }

  /** How far the wall clock is ahead of UTC. */
  private offset(ms: number): number {
    const { year, month, day, hour, minute, second } = Object.fromEntries(this.parts.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - Math.floor(ms / SECOND) * SECOND;
  }
}

/** "4 s ago", "12 min ago", "2 h 5 min ago", "3 days ago". */
export function agoText(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / SECOND))} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min ago`;
  const days = Math.floor(ms / DAY);
  return days === 1 ? "a day ago" : `${days} days ago`;
}

/** "1 ×", "60 ×" read badly; "1 min a second" does not. */
export function speedText(speed: number): string {
  if (speed < 60) return `${speed}×`;
  return speed < 3600 ? `${speed / 60} min/s` : `${speed / 3600} h/s`;
}
