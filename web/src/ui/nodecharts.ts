// Owns the charts of one node in its panel: least, mean and most of each metric over the stretch that the timeline shows,
// with the same playhead. Called by main.

import { bandPath, meanPath, rangeOf, type Box, type Series } from "../band";
import { METRICS, type History, type Metric } from "../history";
import { SCALES, css } from "../palette";
import { lengthOf, lengthText, whole, xOf, type Span } from "../span";
import { Chart } from "./chart";
import { el, part, say } from "./dom";
import { put, svg } from "./svg";

const [WIDTH, HEIGHT] = [300, 30];
const POINTS = 150;
/** A step is no shorter, so that each has a report, and the newest are fetched no more often. */
const FRESH_MS = 10_000;
const NAMES: Readonly<Record<Metric, string>> = { cpu: "CPU", temperature: "Temperature", memory: "Memory", disk: "Disk" };
const DISK = { unit: "%", low: 0, high: 100, colour: "#6f86b5" };

export class NodeCharts {
  private readonly box = part("node-charts");
  private readonly title = el("h3");
  private readonly note = el("p", { role: "status" });
  private readonly charts = METRICS.map((metric) => new One(metric));
  private readonly history: History;
  private readonly chart: Chart<Readonly<Record<Metric, Series>>>;
  private id = "";

  constructor(history: History, now: () => number) {
    this.history = history;
    this.chart = new Chart(now);
    this.box.append(this.title, this.note, ...this.charts.map(({ figure }) => figure));
  }

  /** `id` "" = no node. `atMs` NaN = the present. */
  update(id: string, span: Span, atMs: number, nowMs: number): void {
    if (id !== this.id) this.chart.forget();
    this.id = id;
    this.box.hidden = id === "";
    if (id === "" || Number.isNaN(nowMs)) return;
    const step = Math.max(FRESH_MS, Math.ceil(lengthOf(span) / POINTS));
    const asked = whole(span, step);
    this.chart.want(`${id} ${asked.from} ${asked.to}`, asked.to > nowMs ? FRESH_MS : Infinity,
      (signal) => this.history.node(id, asked, Math.round(lengthOf(asked) / step), signal), () => this.update(this.id, span, atMs, nowMs));
    const { found, error } = this.chart;
    const some = found !== null && METRICS.some((metric) => rangeOf(found[metric]) !== null);
    say(this.title, `The timeline's ${lengthText(lengthOf(span))}`);
    say(this.note, error !== "" ? error : found === null ? "Fetching its history…" : some ? "" : "Nothing is kept of this Pi in this time.");
    this.note.hidden = this.note.textContent === "";
    for (const one of this.charts) one.draw(some ? found[one.metric] : null, span, atMs, nowMs);
  }
}

/** One metric. */
class One {
  readonly metric: Metric;
  readonly figure: HTMLElement;
  private readonly range = el("span");
  private readonly band = svg("path", { class: "band" });
  private readonly mean = svg("path", { class: "mean" });
  private readonly head = svg("line", { class: "head", y1: 0, y2: HEIGHT });

  constructor(metric: Metric) {
    this.metric = metric;
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, this.band, this.mean, this.head);
    this.figure = el("figure", {}, el("figcaption", {}, NAMES[metric], this.range), picture);
    const scale = metric === "disk" ? null : SCALES[metric];
    put(this.band, { fill: scale ? css(scale.stops[3]!) : DISK.colour });
    put(this.mean, { stroke: scale ? css(scale.stops[4]!) : DISK.colour });
  }

  draw(series: Series | null, span: Span, atMs: number, nowMs: number): void {
    const range = series && rangeOf(series);
    this.figure.hidden = !range;
    if (!series || !range) return;
    const { low, high, unit } = this.metric === "disk" ? DISK : SCALES[this.metric];
    const box: Box = { width: WIDTH, height: HEIGHT, low, high };
    put(this.band, { d: bandPath(series, span, box, nowMs) });
    put(this.mean, { d: meanPath(series, span, box, nowMs) });
    const x = Number.isNaN(atMs) ? -10 : xOf(span, WIDTH, atMs);
    put(this.head, { x1: x, x2: x });
    say(this.range, `${range[0].toFixed(1)} to ${range[1].toFixed(1)} ${unit}`);
  }
}
