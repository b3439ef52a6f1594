// Owns the timeline: which stretch it shows, what its buttons and keys do, and its words. What is asked of the server is
// replay's and history's; how it is drawn is timeline_plot's. Called by main.

import { rangeOf, reportsOf, type Series } from "../band";
import { History, type Metric } from "../history";
import { SCALES, rgbOf, type Mode, type Rgb } from "../palette";
import { SPEEDS, type Replay } from "../replay";
import { WINDOWS, following, holding, lengthOf, lengthText, moved, nextLength, resized, spanOf, stepFor, whole, wholeLength, within, type Span } from "../span";
import type { State } from "../state";
import { Calendar, agoText, speedText } from "../ticks";
import { Chart } from "./chart";
import { button, el, part, say } from "./dom";
import { Plot } from "./timeline_plot";

const HOUR = 3_600_000;
/** What is shown ends about two seconds ago: nearer than that is the present. */
const PRESENT_MS = 2500;
const EXTENT_EVERY_MS = 30_000;
/** Pixels at the right end that mean the present. */
const END = 5;
const STEP_MS = 10_000;
const REPORTS: readonly Rgb[] = [rgbOf(0x2f5fb8), rgbOf(0x7fc4ff)];

export interface TimelineParts {
  readonly state: State;
  readonly replay: Replay;
  readonly history: History;
  readonly now: () => number;
}

export class Timeline {
  readonly calendar = new Calendar();
  span: Span = spanOf(0, WINDOWS[0]!);
  /** Why a link could not be followed; main sets it, the next wish forgets it. */
  wrong = "";
  private readonly state: State;
  private readonly replay: Replay;
  private readonly history: History;
  private readonly now: () => number;
  private readonly plot: Plot;
  private readonly chart: Chart<Series>;
  private readonly box = part("timeline");
  private readonly playing = part<HTMLButtonElement>("time-play");
  private readonly back = part<HTMLButtonElement>("time-live");
  private readonly at = part("time-at");
  private readonly ago = part("time-ago");
  private readonly note = part("time-note");
  private readonly what = part("time-what");
  private readonly speeds = part<HTMLSelectElement>("time-speed");
  private readonly windows: { one: HTMLButtonElement; chosen: () => boolean }[] = [];
  private mode: Mode = "cpu";
  private follows = true;
  /** The stretch is all that there is, and grows with it. */
  private all = false;
  private panned = false;
  private firstMs = -1;
  private extentAt = -Infinity;

  constructor({ state, replay, history, now }: TimelineParts) {
    [this.state, this.replay, this.history, this.now] = [state, replay, history, now];
    this.chart = new Chart<Series>(now);
    this.plot = new Plot({
      scrub: (ms) => this.scrub(ms),
      pan: (byMs) => this.pan(byMs),
      zoom: (direction, aboutMs) => this.zoom(direction, aboutMs),
      resized: () => this.update(),
    });
    this.playing.addEventListener("click", () => this.toggle());
    this.back.addEventListener("click", () => this.live());
    for (const length of WINDOWS) this.offer(lengthText(length), () => this.length === length, () => this.choose(length));
    this.offer("All", () => this.all, () => this.choose(null));
    const [more, tools] = [part("time-more"), part("time-tools")];
    more.addEventListener("click", () => more.setAttribute("aria-expanded", String(tools.classList.toggle("open"))));
    this.speeds.append(...SPEEDS.map((speed) => el("option", { value: String(speed) }, speedText(speed))));
    this.speeds.addEventListener("change", () => this.replay.pace(Number(this.speeds.value)));
    this.plot.track.addEventListener("keydown", (event) => this.key(event));
  }

  /** What is looked at, in words; "" in the present. */
  get past(): { at: string; ago: string } {
    return this.replay.past ? { at: this.at.textContent, ago: this.ago.textContent } : { at: "", ago: "" };
  }

  /** The present, by the server's clock; NaN before it has spoken. */
  get nowMs(): number {
    return this.state.clock.server(this.now());
  }

  /** What everybody's chart is of. */
  show(mode: Mode): void {
    this.mode = mode;
    this.update();
  }

  goTo(ms: number, speed?: number): void {
    if (!this.replay.mine) return; // the note says who moves it
    this.wrong = "";
    this.panned = this.follows = false;
    if (ms > this.nowMs - PRESENT_MS) return this.live();
    this.replay.seek(this.firstMs >= 0 ? Math.max(ms, this.firstMs) : ms, speed);
    this.update();
  }

  /** Plays or stops. In the present, stopping keeps what is seen now. */
  toggle(): void {
    if (!this.replay.mine) return;
    this.panned = false;
    if (!this.replay.past) this.goTo(this.nowMs - PRESENT_MS - 1, 0);
    else if (this.replay.running) this.replay.pause();
    else this.replay.play();
  }

  live(): void {
    this.wrong = "";
    this.follows = true;
    this.panned = false;
    this.replay.live();
    this.update();
  }

  /** A little back (-1) or on (1). */
  step(direction: number, ms = STEP_MS): void {
    const from = this.replay.past ? this.replay.atMs : this.nowMs - PRESENT_MS;
    this.goTo(from + direction * ms);
  }

  /** Several times a second, and when something has changed. */
  update(): void {
    const { nowMs, replay } = this;
    if (Number.isNaN(nowMs)) return;
    const { atMs } = replay;
    if (this.all) this.span = following(nowMs, wholeLength(this.firstMs >= 0 ? nowMs - this.firstMs : 0), this.plot.width);
    else if (!replay.past && this.follows) this.span = following(nowMs, lengthOf(this.span), this.plot.width);
    else if (replay.past && !this.panned && !this.plot.held) this.span = within(holding(this.span, atMs), this.reach(nowMs));
    this.load(nowMs);
    const series = this.series(nowMs);
    const { low, high, stops, unit } = this.scale(series);
    this.plot.draw({ span: this.span, series, low, high, stops, atMs, nowMs, firstMs: this.firstMs, ticks: this.calendar.ticks(this.span, this.plot.width),
      says: (ms, index) => this.says(ms, index, series, unit) });
    this.words(nowMs);
  }

  private scrub(ms: number): void {
    const end = (END / Math.max(1, this.plot.width)) * lengthOf(this.span);
    if (ms >= Math.min(this.nowMs - PRESENT_MS, this.span.to - (this.span.to >= this.nowMs ? end : 0))) this.live();
    else this.goTo(ms);
  }

  private pan(byMs: number): void {
    this.follows = this.all = false;
    this.panned = true;
    this.span = within(moved(this.span, byMs), this.reach(this.nowMs));
    this.update();
  }

  private zoom(direction: number, aboutMs?: number): void {
    const { replay, nowMs, span } = this;
    const about = this.follows && !replay.past ? nowMs : aboutMs ?? (replay.past ? replay.atMs : span.to);
    this.all = false;
    this.span = within(resized(span, nextLength(lengthOf(span), direction), about), this.reach(nowMs));
    this.update();
  }

  /** A stretch of that length around what is looked at; null: all that there is. */
  private choose(length: number | null): void {
    const { replay, nowMs } = this;
    this.all = length === null;
    this.panned = false;
    if (!replay.past) this.follows = true;
    if (length !== null && !Number.isNaN(nowMs)) {
      const about = replay.past ? replay.atMs : nowMs;
      const inside = about >= this.span.from && about <= this.span.to ? this.span : spanOf(about + lengthOf(this.span) / 2, lengthOf(this.span));
      this.span = within(resized(inside, length, about), this.reach(nowMs));
    }
    this.update();
  }

  private offer(text: string, chosen: () => boolean, choose: () => void): void {
    const one = button(text, choose, { "aria-pressed": "false" });
    part("time-windows").append(one);
    this.windows.push({ one, chosen });
  }

  /** -1 when it is none of those that the buttons offer. */
  private get length(): number {
    return this.all ? -1 : lengthOf(this.span);
  }

  private reach(nowMs: number): Span {
    return { from: this.firstMs >= 0 ? Math.min(this.firstMs, nowMs) : 0, to: nowMs };
  }

  private key(event: KeyboardEvent): void {
    const long = lengthOf(this.span);
    const small = Math.max(1000, Math.round(long / 360 / 1000) * 1000);
    const done = { ArrowLeft: () => this.step(-1, small), ArrowRight: () => this.step(1, small), ArrowDown: () => this.step(-1, small),
      ArrowUp: () => this.step(1, small), PageDown: () => this.step(-1, long / 10), PageUp: () => this.step(1, long / 10),
      Home: () => this.firstMs >= 0 && this.goTo(this.firstMs), End: () => this.live(), " ": () => this.toggle(),
      "+": () => this.zoom(-1), "-": () => this.zoom(1) }[event.key];
    if (!done || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    done();
  }

  private load(nowMs: number): void {
    if (this.now() - this.extentAt > EXTENT_EVERY_MS) {
      this.extentAt = this.now();
      this.history.extent().then(({ firstMs }) => (this.firstMs = firstMs), () => undefined); // the chart says what is wrong
    }
    if (this.plot.width === 0) return;
    const step = stepFor(lengthOf(this.span), this.plot.width);
    const from = Math.max(this.span.from, Math.min(this.firstMs, nowMs - step));
    const asked = whole({ from, to: Math.max(Math.min(this.span.to, nowMs), from + step) }, step);
    const metric: Metric = this.mode === "status" ? "cpu" : this.mode;
    this.chart.want(`${metric} ${asked.from} ${asked.to} ${step}`, asked.to > nowMs ? Math.max(10_000, step / 4) : Infinity,
      (signal) => this.history.everybody(asked, step, metric, signal), () => this.update());
  }

  private series(nowMs: number): Series | null {
    const { found } = this.chart;
    return found && this.mode === "status" ? reportsOf(found, nowMs) : found;
  }

  private scale(series: Series | null): { low: number; high: number; stops: readonly Rgb[]; unit: string } {
    if (this.mode !== "status") return SCALES[this.mode];
    return { low: 0, high: 1.15 * Math.max(1, series ? rangeOf(series)?.[1] ?? 1 : 1), stops: REPORTS, unit: "reports/min" };
  }

  private says(ms: number, index: number, series: Series | null, unit: string): string {
    const time = lengthOf(this.span) > 24 * HOUR ? this.calendar.moment(ms, this.nowMs) : this.calendar.time(ms);
    if (!series || index < 0) return `${time} · no reports`;
    const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
    if (this.mode === "status") return `${time} · ${figure(series.mean[index]!)} ${unit}`;
    return `${time} · mean ${figure(series.mean[index]!)} ${unit}, from ${figure(series.min[index]!)} to ${figure(series.max[index]!)}`;
  }

  private words(nowMs: number): void {
    const { replay } = this;
    const { past, mode } = replay;
    this.box.dataset["mode"] = mode;
    say(this.at, past ? this.calendar.moment(replay.atMs, nowMs) : this.calendar.time(nowMs));
    say(this.ago, past ? `${agoText(nowMs - replay.atMs)}${{ loading: " · fetching", waiting: " · waiting for the history" }[mode as string] ?? ""}` : "now");
    say(this.back.lastElementChild as HTMLElement, past ? "Back to live" : "Live");
    const runs = !past || replay.running;
    this.playing.dataset["runs"] = String(runs);
    this.playing.setAttribute("aria-label", runs ? "Pause" : "Play");
    this.playing.title = runs ? "Pause (P)" : "Play (P)";
    this.back.setAttribute("aria-pressed", String(!past));
    for (const one of [this.playing, this.speeds]) one.disabled = !replay.mine;
    this.speeds.disabled ||= !past;
    if (document.activeElement !== this.speeds) this.pace();
    for (const { one, chosen } of this.windows) one.setAttribute("aria-pressed", String(chosen()));
    say(this.what, this.mode === "status" ? `Reports a minute, up to ${Math.round(this.scale(this.series(nowMs)).high)}`
      : `${SCALES[this.mode].label} of all: least, mean, most · ${SCALES[this.mode].low} to ${SCALES[this.mode].high} ${SCALES[this.mode].unit}`);
    say(this.note, this.trouble());
    this.note.hidden = this.note.textContent === "";
    const { track } = this.plot;
    const ends = { "aria-valuemin": Math.max(0, this.firstMs), "aria-valuemax": Math.round(nowMs / 1000) * 1000, "aria-valuenow": Math.round(past ? replay.atMs : nowMs) };
    for (const [name, value] of Object.entries(ends)) track.setAttribute(name, String(value));
    track.setAttribute("aria-valuetext", past ? `${this.at.textContent}, ${this.ago.textContent}` : "now, live");
  }

  /** The playhead of somebody else may go at a speed that is not in the list. */
  private pace(): void {
    const speed = String(this.replay.speed);
    if (this.speeds.value === speed) return;
    if (![...this.speeds.options].some(({ value }) => value === speed)) this.speeds.append(el("option", { value: speed }, speedText(this.replay.speed)));
    this.speeds.value = speed;
  }

  private trouble(): string {
    const { replay, chart } = this;
    if (replay.error !== "") return `That time cannot be shown: ${replay.error}`;
    if (this.wrong !== "") return this.wrong;
    if (!replay.mine) return `You follow “${replay.share}”: who made it moves it.`;
    if (replay.past && replay.mode !== "loading" && this.state.past && this.state.size === 0) return "Nothing is kept of that time: no Pi had been heard of.";
    if (chart.error !== "") return chart.error;
    return chart.found !== null && rangeOf(chart.found) === null ? "No reports in this stretch of time." : "";
  }
}
