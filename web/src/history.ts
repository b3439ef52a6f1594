// Owns the questions about the past and the reading of their answers (/api/history). The way to fetch is given to it, so
// its tests need no server. Whatever goes wrong is a HistoryError with a sentence for a person. Called by ui/timeline and
// ui/nodecharts.

import type { Series } from "./band";
import { HistoryError } from "./errors";
import type { Span } from "./span";

export const METRICS = ["cpu", "temperature", "memory", "disk"] as const;
export type Metric = (typeof METRICS)[number];

export interface Extent {
  /** -1: nothing is kept yet. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What is used of fetch. */
export type Get = (url: string, signal: AbortSignal) => Promise<{ ok: boolean; status: number; json(): Promise<unknown> }>;

const BASE = "/api/history";
const WAIT_MS = 10_000;

export class History {
  private readonly get: Get;

  constructor(get: Get = (url, signal) => fetch(url, { signal })) {
    this.get = get;
  }

  async extent(): Promise<Extent> {
    const answer = await this.ask("extent", {});
    return { firstMs: whole(answer, "first_ms"), lastMs: whole(answer, "last_ms") };
  }

  /** All nodes together. `step`: whole minutes. */
  async everybody({ from, to }: Span, step: number, metric: Metric, signal?: AbortSignal): Promise<Series> {
    const answer = await this.ask("aggregate", { by: "all", from, to, step, metric }, signal);
    const first = (values: unknown): unknown => (Array.isArray(values) ? values[0] : undefined);
    const { min, mean, max } = record(answer, metric);
    return checked({ step: whole(answer, "step_ms"), t: numbers(answer["t_ms"]), count: numbers(first(answer["count"])),
      min: numbers(first(min)), mean: numbers(first(mean)), max: numbers(first(max)) });
  }

  /** One node, every metric of it. */
  async node(id: string, { from, to }: Span, points: number, signal?: AbortSignal): Promise<Readonly<Record<Metric, Series>>> {
    const answer = await this.ask(`node/${encodeURIComponent(id)}`, { from, to, points }, signal);
    const [step, t, count] = [whole(answer, "step_ms"), numbers(answer["t_ms"]), numbers(answer["count"])];
    const series = METRICS.map((metric) => {
      const { min, mean, max } = record(answer, metric);
      return [metric, checked({ step, t, count, min: numbers(min), mean: numbers(mean), max: numbers(max) })];
    });
    return Object.fromEntries(series) as Record<Metric, Series>;
  }

  private async ask(what: string, query: Readonly<Record<string, string | number>>, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const asked = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)])).toString();
    const patience = AbortSignal.timeout(WAIT_MS);
    const answer = await this.get(`${BASE}/${what}${asked === "" ? "" : `?${asked}`}`, signal ? AbortSignal.any([patience, signal]) : patience)
      .catch((error: unknown) => {
        if (signal?.aborted) throw error; // nobody waits for it any more
        const slow = patience.aborted;
        throw new HistoryError(slow ? "slow" : "away", slow ? `The history did not answer within ${WAIT_MS / 1000} s.` : "The history cannot be reached.", true);
      });
    const body: unknown = await answer.json().catch(() => null);
    if (!answer.ok) throw refusal(answer.status, body);
    if (!isRecord(body)) throw wrong("is no object");
    return body;
  }
}

function refusal(status: number, body: unknown): HistoryError {
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : null;
  if (error && typeof error["message"] === "string") {
    return new HistoryError(String(error["code"]), `The history says: ${error["message"]}.`.replace("..", "."), error["retry"] === true);
  }
  if (status === 404) return new HistoryError("none", "This server keeps no history.", false);
  return new HistoryError("away", `The history cannot be read: the server answers ${status}.`, status >= 500);
}

function checked(series: Series): Series {
  const { t, count, min, mean, max } = series;
  if ([count, min, mean, max].some((column) => column.length !== t.length) || !(series.step > 0)) throw wrong("has columns of different lengths");
  return series;
}

function whole(answer: Readonly<Record<string, unknown>>, key: string): number {
  const value = answer[key];
  if (!Number.isInteger(value)) throw wrong(`has no number ${key}`);
  return value as number;
}

/** null, which is how JSON says unknown, becomes NaN. */
function numbers(values: unknown): number[] {
  if (!Array.isArray(values)) throw wrong("lacks a column");
  return values.map((value) => (typeof value === "number" ? value : NaN));
}

function record(answer: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  const value = answer[key];
  if (!isRecord(value)) throw wrong(`has no ${key}`);
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(what: string): HistoryError {
  return new HistoryError("answer", `The history's answer ${what}: this page may be older than the server, reload it.`, false);
}
