// Owns the pictures that are drawn by the page itself instead of being fetched: the sign, the rack names, the floor, the
// holding area's board and the soft glow. Needs a canvas, so only the browser calls it. Called by scenery and scene.

import { CanvasTexture, SRGBColorSpace } from "three";
import type { Patch } from "./mason";

const LETTERS = '"Gill Sans", "Gill Sans MT", "Lato", "Noto Sans", system-ui, sans-serif';

export interface Atlas {
  readonly texture: CanvasTexture;
  readonly sign: Patch;
  readonly plates: ReadonlyMap<string, Patch>;
}

/** One picture with the sign at the top, a plate for each rack below, and a white corner for what has no picture. */
export function drawAtlas(rackNames: readonly string[]): Atlas {
  const [width, height] = [2048, 1024];
  const { canvas, pen } = sheet(width, height);
  pen.fillStyle = "#fff";
  pen.fillRect(0, height - 16, 16, 16);
  drawSign(pen, width, 224);
  const plates = new Map<string, Patch>();
  rackNames.forEach((name, index) => {
    const [x, y] = [(index % 4) * 512, 240 + 72 * Math.floor(index / 4)];
    words(pen, name.replace(/[-_]+/g, " ").toUpperCase(), x + 256, y + 34, 40, "#9db8ea", 8);
    plates.set(name, [x / width, 1 - (y + 64) / height, (x + 512) / width, 1 - y / height]);
  });
  return { texture: textureOf(canvas), sign: [0, 1 - 224 / height, 1, 1], plates };
}

/** The floor: the light that falls on it from the open sides and the windows, the box's shadow, and which way the halls lie. */
export function drawFloor(hull: { width: number; depth: number; roofed: boolean }, radius: number): CanvasTexture {
  const size = 1024;
  const { canvas, pen } = sheet(size, size);
  const [middle, metre] = [size / 2, size / 2 / radius];
  const pool = pen.createRadialGradient(middle, middle, 0, middle, middle, middle);
  pool.addColorStop(0, "rgba(38, 66, 138, 0.95)");
  pool.addColorStop(0.22, "rgba(27, 48, 106, 0.85)");
  pool.addColorStop(0.5, "rgba(14, 25, 58, 0.6)");
  pool.addColorStop(0.78, "rgba(9, 15, 36, 0.28)");
  pool.addColorStop(1, "rgba(6, 10, 22, 0)");
  pen.fillStyle = pool;
  pen.fillRect(0, 0, size, size);
  if (hull.roofed) drawSpill(pen, hull, middle, metre);
  for (let ring = 2; ring < 9; ring++) {
    pen.strokeStyle = `rgba(130, 165, 255, ${0.1 - ring * 0.01})`;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.arc(middle, middle, (ring * middle) / 9, 0, 2 * Math.PI);
    pen.stroke();
  }
  pen.shadowColor = "rgba(1, 2, 8, 0.95)"; // its own shadow, all around
  pen.shadowBlur = 0.22 * metre;
  pen.fillStyle = "rgb(2, 4, 12)";
  const [w, d] = [hull.width * metre, hull.depth * metre];
  for (let i = 0; i < 2; i++) pen.fillRect(middle - w / 2, middle - d / 2, w, d);
  pen.shadowBlur = 0;
  if (!hull.roofed) return textureOf(canvas);
  words(pen, "SOUTH", middle, middle + d / 2 + 0.42 * metre, 16, "rgba(165, 190, 245, 0.75)", 9);
  pen.translate(middle, middle);
  pen.rotate(Math.PI);
  words(pen, "NORTH", 0, d / 2 + 0.42 * metre, 16, "rgba(165, 190, 245, 0.75)", 9);
  return textureOf(canvas);
}

/** Cool light before the Pis in the south and the north, warm light under the windows in the east and the west. */
function drawSpill(pen: CanvasRenderingContext2D, hull: { width: number; depth: number }, middle: number, metre: number): void {
  const spill = (x: number, y: number, w: number, d: number, colour: string): void => {
    pen.save();
    pen.translate(middle + x * metre, middle + y * metre);
    pen.scale(w * metre, d * metre);
    const light = pen.createRadialGradient(0, 0, 0, 0, 0, 1);
    light.addColorStop(0, `rgba(${colour}, 0.34)`);
    light.addColorStop(0.5, `rgba(${colour}, 0.12)`);
    light.addColorStop(1, `rgba(${colour}, 0)`);
    pen.fillStyle = light;
    pen.fillRect(-1, -1, 2, 2);
    pen.restore();
  };
  for (const side of [-1, 1]) {
    spill(0, side * (hull.depth / 2 + 0.25), hull.width * 0.95, 1.1, "90, 150, 255");
    spill(side * (hull.width / 2 + 0.5), 0, 1.2, hull.depth * 0.85, "255, 196, 120");
  }
}

/** The board above the unplaced nodes, with a white corner for the stand below it. */
export function drawBoard(count: number): CanvasTexture {
  const [width, height] = [512, 160];
  const { canvas, pen } = sheet(width, height);
  pen.fillStyle = "#0b1426";
  pen.fillRect(0, 0, width, height);
  pen.strokeStyle = "#e69f00";
  pen.lineWidth = 6;
  pen.setLineDash([22, 14]);
  pen.strokeRect(9, 9, width - 18, height - 18);
  words(pen, "HOLDING AREA", width / 2, 62, 44, "#ffd98a", 5);
  words(pen, `${count} ${count === 1 ? "Pi" : "Pis"} not placed yet`, width / 2, 112, 32, "#d5def2", 0);
  pen.fillStyle = "#fff";
  pen.fillRect(0, height - 4, 6, 4);
  return textureOf(canvas);
}

/** A soft spot: white in the middle, black at the edge, for glow that is added. */
export function drawGlow(): CanvasTexture {
  const size = 128;
  const { canvas, pen } = sheet(size, size);
  const spot = pen.createRadialGradient(size / 2, size / 2, 0, size / 2, size / 2, size / 2);
  for (let at = 0; at <= 10; at++) {
    const light = Math.round(255 * Math.pow(1 - at / 10, 2.2));
    spot.addColorStop(at / 10, `rgb(${light} ${light} ${light})`);
  }
  pen.fillStyle = spot;
  pen.fillRect(0, 0, size, size);
  return textureOf(canvas);
}

function drawSign(pen: CanvasRenderingContext2D, width: number, height: number): void {
  pen.shadowColor = "#7fb2ff";
  pen.shadowBlur = 22;
  words(pen, "RASPBERRY PI", width * 0.255, height * 0.52, 112, "#fff", 12, width * 0.45);
  words(pen, "CLUSTER", width * 0.815, height * 0.52, 112, "#fff", 12, width * 0.32);
  words(pen, "DIGITAL", width * 0.56, height * 0.32, 50, "#fff", 6, width * 0.12);
  words(pen, "TWIN", width * 0.56, height * 0.7, 50, "#fff", 6, width * 0.12);
  pen.shadowBlur = 0;
}

/** Centred; letters of a wider font are squeezed into `widest`, for which font there is, nobody knows. */
function words(
  pen: CanvasRenderingContext2D, text: string, x: number, y: number, size: number, color: string, gap: number, widest = 500,
): void {
  pen.font = `600 ${size}px ${LETTERS}`;
  pen.letterSpacing = `${gap}px`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = color;
  pen.fillText(text, x, y, widest);
}

function sheet(width: number, height: number): { canvas: HTMLCanvasElement; pen: CanvasRenderingContext2D } {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return { canvas, pen: canvas.getContext("2d")! };
}

function textureOf(canvas: HTMLCanvasElement): CanvasTexture {
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.anisotropy = 4;
  return texture;
}
