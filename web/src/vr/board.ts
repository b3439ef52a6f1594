// Owns the board that floats beside the selected Pi in the headset: a canvas with its card and charts, on a plane. It is
// drawn anew at most twice a second and only when what it says has changed. Called by session.

import { CanvasTexture, LinearFilter, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from "three";
import { bandPath, meanPath, type Box } from "../band";
import { METRICS, type Metric } from "../history";
import { SCALES, css, rampColor } from "../palette";
import { rangeText, type Card, type Charts } from "./card";

const [WIDE, HIGH] = [768, 960];
/** Metres in the room. */
export const BOARD = { width: 0.48, height: 0.6 } as const;
const REDRAW_MS = 500;
const MARGIN = 40;
/** Where the charts begin; figures are to the left of them. */
const CHARTS = 372;
const FIGURES = CHARTS - 32 - MARGIN;
const FONT = '"Segoe UI", system-ui, sans-serif';
const INK = { paper: "#0b1326", edge: "#31466f", text: "#eef3ff", soft: "#9fb0d0", bar: "#1d2a47", plain: "#6f86b5" } as const;
const LABELS: Readonly<Record<string, Metric>> = { CPU: "cpu", Temperature: "temperature", Memory: "memory", Disk: "disk" };

export class Board {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  private readonly canvas = Object.assign(document.createElement("canvas"), { width: WIDE, height: HIGH });
  private readonly pen: CanvasRenderingContext2D;
  private readonly texture = new CanvasTexture(this.canvas);
  private drawn = "";
  private drawnAt = -Infinity;

  constructor() {
    const pen = this.canvas.getContext("2d");
    if (!pen) throw new Error("This browser gives no canvas to draw on.");
    this.pen = pen;
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.minFilter = LinearFilter;
    this.texture.generateMipmaps = false;
    const material = new MeshBasicMaterial({ map: this.texture, toneMapped: false });
    this.mesh = new Mesh(new PlaneGeometry(BOARD.width, BOARD.height), material);
    this.mesh.visible = false;
    this.mesh.renderOrder = 4;
  }

  /** `from` and `to`: the stretch of time that the charts show, server milliseconds. */
  show(card: Card, charts: Charts | null, from: number, to: number, now: number): void {
    if (now - this.drawnAt < REDRAW_MS) return;
    const key = JSON.stringify([card, from, to, charts !== null]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.drawnAt = now;
    this.draw(card, charts, { from, to });
    this.texture.needsUpdate = true;
  }

  /** What it says, for those who cannot look: tests. */
  get says(): string {
    return this.drawn;
  }

  /** Another Pi: the next show draws at once. */
  forget(): void {
    this.drawn = "";
    this.drawnAt = -Infinity;
  }

  dispose(): void {
    this.texture.dispose();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }

  private draw(card: Card, charts: Charts | null, span: { from: number; to: number }): void {
    const { pen } = this;
    pen.globalAlpha = 1;
    pen.fillStyle = INK.paper;
    pen.fillRect(0, 0, WIDE, HIGH);
    pen.strokeStyle = card.statusColour;
    pen.lineWidth = 8;
    pen.strokeRect(4, 4, WIDE - 8, HIGH - 8);
    this.write(card.title, MARGIN, 78, 46, INK.text, true);
    this.write(card.place, MARGIN, 122, 27, INK.soft);
    this.write(card.status, MARGIN, 178, 34, card.statusColour, true);
    this.write(card.heard, WIDE - MARGIN, 178, 28, card.stale ? card.statusColour : INK.soft, false, "right");
    pen.globalAlpha = card.stale ? 0.55 : 1;
    card.lines.forEach((line, i) => this.metric(line, charts, span, 218 + 136 * i));
    pen.globalAlpha = 1;
    const half = (WIDE - 2 * MARGIN) / 2;
    card.processes.forEach((text, i) => this.write(text, MARGIN + (i % 2) * half, 806 + 42 * Math.floor(i / 2), 26, INK.soft, false, "left", half - 24));
    this.write("point at another Pi, or at nothing to close", WIDE / 2, HIGH - 34, 23, INK.soft, false, "center");
  }

  private metric(line: Card["lines"][number], charts: Charts | null, span: { from: number; to: number }, y: number): void {
    const { pen } = this;
    const scale = line.mode ? SCALES[line.mode] : null;
    const [value, more] = line.text.split(" · ");
    this.write(line.label, MARGIN, y + 28, 26, INK.soft, false, "left", FIGURES / 2 - 12);
    this.write(value!, MARGIN + FIGURES, y + 30, 36, INK.text, true, "right", FIGURES / 2);
    if (more) this.write(more, MARGIN, y + 96, 22, INK.soft, false, "left", FIGURES);
    pen.fillStyle = INK.bar;
    pen.fillRect(MARGIN, y + 46, FIGURES, 16);
    if (!Number.isNaN(line.share)) {
      const share = Math.min(1, Math.max(0, line.share));
      pen.fillStyle = scale ? css(rampColor(scale, scale.low + share * (scale.high - scale.low))) : INK.plain;
      pen.fillRect(MARGIN, y + 46, FIGURES * share, 16);
    }
    const metric = LABELS[line.label];
    if (metric && charts) this.chart(charts, metric, span, y);
  }

  private chart(charts: Charts, metric: (typeof METRICS)[number], span: { from: number; to: number }, y: number): void {
    const { pen } = this;
    const scale = metric === "disk" ? { low: 0, high: 100, unit: "%" } : SCALES[metric];
    const box: Box = { width: WIDE - MARGIN - CHARTS, height: 84, low: scale.low, high: scale.high };
    pen.save();
    pen.translate(CHARTS, y + 4);
    pen.fillStyle = INK.bar;
    pen.fillRect(0, 0, box.width, box.height);
    const [fill, stroke] = metric === "disk" ? [INK.plain, INK.text] : [css(SCALES[metric].stops[3]!), css(SCALES[metric].stops[4]!)];
    pen.fillStyle = fill;
    pen.fill(new Path2D(bandPath(charts[metric], span, box, span.to)));
    pen.strokeStyle = stroke;
    pen.lineWidth = 2;
    pen.stroke(new Path2D(meanPath(charts[metric], span, box, span.to)));
    pen.restore();
    this.write(rangeText(charts[metric], scale.unit), WIDE - MARGIN, y + 112, 22, INK.soft, false, "right");
  }

  private write(text: string, x: number, y: number, size: number, colour: string, bold = false, align: CanvasTextAlign = "left", width = WIDE - 2 * MARGIN): void {
    const { pen } = this;
    pen.font = `${bold ? "600 " : ""}${size}px ${FONT}`;
    pen.textAlign = align;
    pen.fillStyle = colour;
    pen.fillText(text, x, y, width);
  }
}
