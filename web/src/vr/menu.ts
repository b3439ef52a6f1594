// Owns the small menu on the left hand: four pads that a ray of the other hand (or a finger) presses. Where a pad is on the
// plane is pure; the drawing is done once for each state. Called by session, pointing.

import { CanvasTexture, LinearFilter, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from "three";

export const PADS = ["life", "table", "turning", "leave"] as const;
/** In one's own room one does not turn by stick: the third pad puts the cluster somewhere else. */
export const ROOM_PADS = ["life", "table", "elsewhere", "leave"] as const;
export type Pad = (typeof PADS)[number] | (typeof ROOM_PADS)[number];

/** Metres; two columns, two rows. */
export const MENU = { width: 0.18, height: 0.11 } as const;
const [WIDE, HIGH] = [540, 330];
const GAP = 10;

/** The pad at a point of the plane: metres from its middle, y up; null beside them. */
export function padAt(x: number, y: number, pads: readonly Pad[] = PADS): Pad | null {
  const [across, down] = [x / MENU.width + 0.5, 0.5 - y / MENU.height];
  if (across < 0 || across >= 1 || down < 0 || down >= 1) return null;
  return pads[2 * Math.floor(2 * down) + Math.floor(2 * across)]!;
}

export class Menu {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  private readonly canvas = Object.assign(document.createElement("canvas"), { width: WIDE, height: HIGH });
  private readonly texture = new CanvasTexture(this.canvas);
  private drawn = "";

  constructor() {
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.minFilter = LinearFilter;
    this.texture.generateMipmaps = false;
    this.mesh = new Mesh(new PlaneGeometry(MENU.width, MENU.height), new MeshBasicMaterial({ map: this.texture, toneMapped: false }));
    this.mesh.visible = false;
    this.mesh.renderOrder = 4;
  }

  show(pads: readonly Pad[], hovered: Pad | null, steps: boolean): void {
    const key = `${pads} ${hovered} ${steps}`;
    if (key === this.drawn) return;
    this.drawn = key;
    const pen = this.canvas.getContext("2d")!;
    const texts: Readonly<Record<Pad, string>> = { life: "Life size", table: "Table-top", turning: steps ? "Turn: steps" : "Turn: smooth", elsewhere: "Elsewhere", leave: "Leave" };
    pen.fillStyle = "#0b1326";
    pen.fillRect(0, 0, WIDE, HIGH);
    pen.font = '600 40px "Segoe UI", system-ui, sans-serif';
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pads.forEach((pad, i) => {
      const [x, y] = [(i % 2) * (WIDE / 2) + GAP, Math.floor(i / 2) * (HIGH / 2) + GAP];
      pen.fillStyle = pad === hovered ? "#3f6fd8" : "#1d2a47";
      pen.fillRect(x, y, WIDE / 2 - 2 * GAP, HIGH / 2 - 2 * GAP);
      pen.fillStyle = "#eef3ff";
      pen.fillText(texts[pad], x + WIDE / 4 - GAP, y + HIGH / 4 - GAP, WIDE / 2 - 4 * GAP);
    });
    this.texture.needsUpdate = true;
  }

  dispose(): void {
    this.texture.dispose();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}
