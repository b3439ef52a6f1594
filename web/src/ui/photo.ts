// Owns the picture that one takes of the view: what the scene shows, the names in it, and a caption with the cluster's name,
// the time that is shown (also in the past) and how many Pis are how. A PNG on this device. Called by main.

import type { TwinScene } from "../scene/scene";
import { LABEL_STYLES } from "../scene/labels";

export interface Caption {
  readonly name: string;
  readonly atMs: number;
  readonly past: boolean;
  /** "1,049 online", "1 lost", ... */
  readonly counts: readonly string[];
}

const FONT = 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
/** As the page's own night, around the middle. */
const NIGHT = [[0, "#16275a"], [0.5, "#0b1430"], [1, "#060a16"]] as const;
const PAST = [[0, "#35265e"], [0.5, "#1c1436"], [1, "#060a16"]] as const;

/** The caption's two lines. UTC, for a picture travels. */
export function captionOf({ name, atMs, past, counts }: Caption): [string, string] {
  const time = `${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
  return [`${name} · ${past ? "the past, " : ""}${time}`, counts.join(" · ")];
}

/** A name that sorts by time and every system takes. */
export function fileNameOf({ name, atMs }: Caption): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return `twin-${plain || "cluster"}-${new Date(atMs).toISOString().slice(0, 19).replaceAll(":", "-")}Z.png`;
}

/** Draws, and gives the file to the browser. Throws when the browser cannot make it. */
export async function takePhoto(scene: TwinScene, caption: Caption): Promise<void> {
  const blob = await new Promise<Blob | null>((done) => draw(scene, caption).toBlob(done, "image/png"));
  if (!blob) throw new Error("the browser made no picture");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileNameOf(caption);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function draw(scene: TwinScene, caption: Caption): HTMLCanvasElement {
  const { canvas: view, labels, ratio } = scene.picture();
  const bar = Math.round(46 * ratio);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [view.width, view.height + bar];
  const pen = canvas.getContext("2d")!;
  night(pen, view.width, view.height, caption.past);
  pen.drawImage(view, 0, 0); // at once: what WebGL drew is gone when this task ends
  pen.textBaseline = "middle";
  pen.shadowColor = "#000";
  for (const { text, kind, x, y } of labels) {
    const { size, align, shift } = LABEL_STYLES[kind];
    pen.font = `500 ${size * ratio}px ${FONT}`;
    pen.textAlign = align;
    pen.shadowBlur = 4 * ratio;
    pen.fillStyle = kind === "switch" ? "#9fd0ff" : "#eaf0ff";
    pen.fillText(text, (x + shift[0]) * ratio, (y + shift[1]) * ratio);
  }
  pen.shadowBlur = 0;
  pen.fillStyle = "#060a16";
  pen.fillRect(0, view.height, view.width, bar);
  const [title, counts] = captionOf(caption);
  const middle = view.height + bar / 2;
  pen.textAlign = "left";
  pen.font = `600 ${17 * ratio}px ${FONT}`;
  pen.fillStyle = caption.past ? "#b9a0ff" : "#eaf0ff";
  pen.fillText(title, 20 * ratio, middle);
  pen.textAlign = "right";
  pen.font = `400 ${15 * ratio}px ${FONT}`;
  pen.fillStyle = "#a9b8da";
  pen.fillText(counts, view.width - 20 * ratio, middle, view.width * 0.45);
  return canvas;
}

function night(pen: CanvasRenderingContext2D, width: number, height: number, past: boolean): void {
  pen.fillStyle = "#060a16";
  pen.fillRect(0, 0, width, height);
  const glow = pen.createRadialGradient(width / 2, height * 0.46, 0, width / 2, height * 0.46, Math.max(width, height) * 0.6);
  for (const [at, color] of past ? PAST : NIGHT) glow.addColorStop(at, color);
  pen.fillStyle = glow;
  pen.fillRect(0, 0, width, height);
}
