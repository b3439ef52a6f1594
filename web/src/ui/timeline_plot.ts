// Owns the picture of the timeline: the band, the marks, the playhead, and what stands under the pointer. It decides
// nothing: what a hand does goes to ui/timeline as moments. Called by ui/timeline alone.

import { bandPath, indexAt, meanPath, type Box, type Series } from "../band";
import { css, type Rgb } from "../palette";
import { msAt, xOf, type Span } from "../span";
import type { Tick } from "../ticks";
import { part } from "./dom";
import { put, svg } from "./svg";

/** Pixels under the chart for the marks' texts; a hand that drags there moves the stretch. */
const AXIS = 18;
const WHEEL_STEP = 60;

export interface Plotted {
  readonly span: Span;
  readonly series: Series | null;
  readonly low: number;
  readonly high: number;
  readonly stops: readonly Rgb[];
  readonly ticks: readonly Tick[];
  /** The playhead; NaN = at the present. */
  readonly atMs: number;
  readonly nowMs: number;
  /** Where the history begins; -1 = not known. */
  readonly firstMs: number;
  /** What stands at the pointer for a moment and a step (-1: nothing). */
  readonly says: (ms: number, index: number) => string;
}

export interface Hands {
  scrub(ms: number): void;
  pan(byMs: number): void;
  zoom(direction: number, aboutMs: number): void;
  resized(): void;
}

export class Plot {
  readonly track = part("time-track");
  private readonly tip = part("time-tip");
  private readonly fill = svg("linearGradient", { id: "time-ramp", gradientUnits: "userSpaceOnUse", x1: 0, x2: 0, y2: 0 });
  private readonly before = svg("rect", { class: "before", x: 0, y: 0 });
  private readonly band = svg("path", { class: "band", fill: "url(#time-ramp)" });
  private readonly mean = svg("path", { class: "mean" });
  /** A picture in the picture, which cuts off what goes beyond its edges. */
  private readonly inside = svg("svg");
  private readonly marks = svg("g", { class: "marks" });
  private readonly pointer = svg("line", { class: "pointer", y1: 0 });
  private readonly head = svg("g", { class: "head" });
  private readonly picture = svg("svg", { "aria-hidden": "true", focusable: "false" });
  private readonly hands: Hands;
  private shown: Plotted | null = null;
  private size = { width: 0, height: 0 };
  private drawn = "";
  private hoverX = NaN;
  private drag: { pans: boolean; x: number } | null = null;
  private wheeled = 0;

  constructor(hands: Hands) {
    this.hands = hands;
    this.head.append(svg("line", { y1: 0 }), svg("path", { d: "M-6,0H6V5L0,11L-6,5Z" }));
    this.picture.append(svg("defs", {}, this.fill), this.inside, this.marks, this.pointer, this.head);
    this.inside.append(this.before, this.band, this.mean);
    this.track.append(this.picture);
    new ResizeObserver(() => this.measure()).observe(this.track);
    this.measure();
    this.listen();
  }

  get width(): number {
    return this.size.width;
  }

  /** A hand is on it. */
  get held(): boolean {
    return this.drag !== null;
  }

  draw(plotted: Plotted): void {
    this.shown = plotted;
    const { span, series, low, high, stops, ticks, atMs, nowMs, firstMs } = plotted;
    const { width, height } = this.size;
    if (width === 0) return;
    const box: Box = { width, height: height - AXIS, low, high };
    // Paths and marks are made anew only when they would look different.
    const key = [span.from, span.to, width, height, low, high, series?.t.length, series?.t[0], series?.mean.at(-1), Math.floor(nowMs / 5000), stops].join(" ");
    if (key !== this.drawn) {
      this.drawn = key;
      put(this.picture, { viewBox: `0 0 ${width} ${height}`, width, height });
      put(this.inside, { width, height });
      put(this.fill, { y1: box.height });
      this.fill.replaceChildren(...stops.map((stop, i) => svg("stop", { offset: i / (stops.length - 1), "stop-color": css(stop) })));
      put(this.band, { d: series ? bandPath(series, span, box, nowMs) : "" });
      put(this.mean, { d: series ? meanPath(series, span, box, nowMs) : "" });
      put(this.before, { width: firstMs > span.from ? Math.min(width, Math.max(0, xOf(span, width, firstMs))) : 0, height: box.height });
      this.marks.replaceChildren(...ticks.flatMap((tick) => this.mark(tick, span)));
    }
    const x = Math.round(xOf(span, width, Number.isNaN(atMs) ? nowMs : atMs) * 10) / 10;
    put(this.head, { transform: `translate(${x} 0)`, visibility: x < -1 || x > width + 8 ? "hidden" : "visible" });
    put(this.head.firstElementChild!, { y2: box.height });
    this.point();
  }

  private mark(tick: Tick, span: Span): SVGElement[] {
    const { width, height } = this.size;
    const x = Math.round(xOf(span, width, tick.ms)) + 0.5;
    const line = svg("line", { x1: x, x2: x, y1: 0, y2: height - AXIS + 4, class: tick.day ? "day" : "" });
    const edge = x < 24 ? "start" : x > width - 24 ? "end" : "middle";
    const text = svg("text", { x: Math.min(width, Math.max(0, x)), y: height - 3, "text-anchor": edge, class: tick.day ? "day" : "" }, tick.text);
    return [line, text];
  }

  /** What stands at the mouse. */
  private point(): void {
    const { shown, hoverX } = this;
    const { width, height } = this.size;
    this.tip.hidden = Number.isNaN(hoverX) || shown === null;
    put(this.pointer, { visibility: this.tip.hidden ? "hidden" : "visible" });
    if (shown === null || this.tip.hidden) return;
    const ms = msAt(shown.span, width, hoverX);
    put(this.pointer, { x1: hoverX, x2: hoverX, y2: height - AXIS });
    const text = shown.says(ms, shown.series ? indexAt(shown.series, ms) : -1);
    if (this.tip.textContent !== text) this.tip.textContent = text;
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.min(width - half, Math.max(half, hoverX))}px`;
  }

  private measure(): void {
    this.size = { width: this.track.clientWidth, height: this.track.clientHeight };
    this.drawn = "";
    if (this.shown) this.hands.resized();
  }

  private listen(): void {
    const { track } = this;
    const place = (event: MouseEvent): { x: number; y: number } => {
      const box = track.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    track.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const { x, y } = place(event);
      track.setPointerCapture(event.pointerId);
      this.drag = { pans: y > this.size.height - AXIS, x };
      if (!this.drag.pans) this.scrub(x);
    });
    track.addEventListener("pointermove", (event) => {
      const { x } = place(event);
      this.hoverX = event.pointerType === "mouse" || this.drag ? x : NaN;
      if (this.drag?.pans && this.shown) {
        this.hands.pan(msAt(this.shown.span, this.width, 0) - this.msOf(x - this.drag.x));
        this.drag.x = x;
      } else if (this.drag) this.scrub(x);
      else this.point();
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      track.addEventListener(end, (event) => {
        this.drag = null;
        if (event.pointerType !== "mouse") this.hoverX = NaN;
        this.point();
      });
    }
    track.addEventListener("pointerleave", () => {
      this.hoverX = NaN;
      this.point();
    });
    track.addEventListener("wheel", (event) => this.wheel(event, place(event).x), { passive: false });
  }

  private scrub(x: number): void {
    if (this.shown) this.hands.scrub(msAt(this.shown.span, this.width, x));
  }

  /** As msAt, but beyond the ends too. */
  private msOf(x: number): number {
    const { from, to } = this.shown!.span;
    return Math.round(from + (x / this.width) * (to - from));
  }

  private wheel(event: WheelEvent, x: number): void {
    event.preventDefault();
    if (!this.shown) return;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return this.hands.pan(this.msOf(event.deltaX) - this.shown.span.from);
    this.wheeled += event.deltaY * (event.deltaMode === 1 ? 30 : 1);
    if (Math.abs(this.wheeled) < WHEEL_STEP) return;
    this.hands.zoom(Math.sign(this.wheeled), msAt(this.shown.span, this.width, x));
    this.wheeled = 0;
  }
}
