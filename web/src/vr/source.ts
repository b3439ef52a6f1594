// Owns where the board gets its words and charts: the page's live state, and the history of the chosen Pi, fetched when it is
// chosen and then every ten seconds. Called by session through main.

import { History } from "../history";
import type { Card, Charts } from "./card";

export interface CardSource {
  card(row: number): Card;
  charts(row: number): Charts | null;
  /** Server milliseconds of what is shown: now, or the past. NaN = not known yet. */
  timeMs(): number;
}

const STRETCH_MS = 10 * 60_000;
const STEP_MS = 10_000;
const POINTS = 60;
const AGAIN_MS = 10_000;

/** The stretch of time that charts show: ten minutes that end in whole steps, so that they are not drawn anew each frame. */
export function rangeOfTime(source: CardSource, now: number): { from: number; to: number } {
  const time = source.timeMs();
  const to = Math.ceil((Number.isNaN(time) ? now : time) / STEP_MS) * STEP_MS;
  return { from: to - STRETCH_MS, to };
}

export class ChartSource {
  private readonly history: History;
  private readonly now: () => number;
  private id = "";
  private found: Charts | null = null;
  private askedAt = -Infinity;
  private waiting: AbortController | null = null;

  constructor(history: History, now: () => number) {
    this.history = history;
    this.now = now;
  }

  /** What is known; asks for it when it is not, or is old. A failure leaves the charts away and is tried again. */
  of(id: string, span: { from: number; to: number }): Charts | null {
    if (id !== this.id) {
      this.waiting?.abort();
      this.waiting = null;
      this.id = id;
      this.found = null;
      this.askedAt = -Infinity;
    }
    if (id !== "" && !this.waiting && this.now() - this.askedAt >= AGAIN_MS) void this.ask(id, span);
    return this.found;
  }

  private async ask(id: string, span: { from: number; to: number }): Promise<void> {
    const waiting = (this.waiting = new AbortController());
    this.askedAt = this.now();
    try {
      const found = await this.history.node(id, span, POINTS, waiting.signal);
      if (this.waiting === waiting) this.found = found;
    } catch {
      // The board goes on without charts; values and ages come by the socket.
    } finally {
      if (this.waiting === waiting) this.waiting = null;
    }
  }
}
