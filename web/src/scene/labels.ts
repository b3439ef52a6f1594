// Owns the names that appear where one is near: switches, then Pis by their port, at most LABELS of them. Elements are made
// once and moved by their transform alone, so that nothing is laid out anew; nothing of the page is read. The choice of what
// to name is pure. Called by scene after each drawn frame, and by the photo, which writes the same words.

import { Vector3, type PerspectiveCamera } from "three";
import type { Layout, Triple } from "../layout";
import type { State } from "../state";
import { beyond, type Cut } from "./cut";
import { writePoint, type Place, type Places } from "./place";

export const LABELS = 64;
/** Metres from the eye within which a thing has its name. */
const SWITCH_NEAR = 2.2;
const PI_NEAR = 1.05;

export interface Label {
  text: string;
  kind: "switch" | "pi" | "chosen";
  /** Pixels of the canvas. */
  x: number;
  y: number;
  /** Metres from the eye. */
  away: number;
}

export interface Seen {
  readonly camera: PerspectiveCamera;
  readonly width: number;
  readonly height: number;
  readonly selected: number;
  readonly cut: Cut | null;
}

/** What to name, into `out`, which is reused; returns how many. */
export class Namer {
  private readonly layout: Layout;
  private readonly places: Places;
  private readonly place: Place = { x: 0, y: 0, z: 0, yaw: 0 };
  private readonly point = new Vector3();
  private readonly way = new Vector3();
  readonly found: Label[] = Array.from({ length: LABELS }, () => ({ text: "", kind: "pi", x: 0, y: 0, away: 0 }));

  constructor(places: Places) {
    this.places = places;
    this.layout = places.layout;
  }

  name(state: State, seen: Seen): number {
    let count = this.switches(seen);
    const { place } = this;
    const [, height, depth] = this.layout.pi;
    const turned = seen.cut ? -1 : 1;
    if (seen.selected >= 0 && this.places.of(state, seen.selected, place)) {
      count = this.put(count, seen, writePoint(this.point, place, depth / 2 + 0.05, height / 2 + 0.014), place.yaw, 3, state.roster.id[seen.selected]!, "chosen");
    }
    for (let row = 0; row < state.size && count < LABELS; row++) {
      if (row === seen.selected || !this.places.of(state, row, place)) continue;
      if (seen.cut && beyond(seen.cut, place)) continue;
      const { x, y, z } = seen.camera.position;
      if (Math.abs(place.x - x) + Math.abs(place.y - y) + Math.abs(place.z - z) > 2 * PI_NEAR) continue; // cheaper than the rest
      const slot = state.roster.slot[row]!;
      const text = slot >= 0 ? String(this.layout.slots.port[slot] ?? "") : state.roster.id[row]!;
      count = this.put(count, seen, writePoint(this.point, place, turned * (depth / 2), -height / 2 - 0.005), place.yaw, PI_NEAR, text, "pi");
    }
    return count;
  }

  private switches(seen: Seen): number {
    let count = 0;
    for (const { name, position: [x, y, z], size, yaw } of this.layout.switches) {
      const [place, turned] = [this.place, seen.cut ? -1 : 1];
      [place.x, place.y, place.z, place.yaw] = [x, y, z, yaw];
      if (seen.cut && beyond(seen.cut, place)) continue;
      count = this.put(count, seen, writePoint(this.point, place, turned * (size[2] / 2), 0, -size[0] / 2 + 0.012), yaw, SWITCH_NEAR, name, "switch");
    }
    return count;
  }

  private put(count: number, { camera, width, height, cut }: Seen, point: Vector3, yaw: number, near: number, text: string, kind: Label["kind"]): number {
    const way = this.way.copy(camera.position).sub(point);
    const away = way.length();
    const facing = (way.x * Math.sin(yaw) + way.z * Math.cos(yaw)) * (cut ? -1 : 1);
    if (away > near || facing < 0.25 * away || count >= LABELS) return count;
    point.project(camera);
    if (point.z > 1 || Math.abs(point.x) > 1 || Math.abs(point.y) > 1) return count;
    const label = this.found[count]!;
    [label.text, label.kind, label.away] = [text, kind, away];
    label.x = ((point.x + 1) / 2) * width;
    label.y = ((1 - point.y) / 2) * height;
    return count + 1;
  }
}

/** The same, on the page. */
export class Labels {
  private readonly elements: HTMLElement[] = [];
  private readonly box: HTMLElement;
  private shown = 0;

  constructor(box: HTMLElement) {
    this.box = box;
  }

  show(found: readonly Label[], count: number): void {
    for (let at = 0; at < Math.max(count, this.shown); at++) {
      const element = this.elements[at] ?? this.made(at);
      if (at >= count) {
        element.style.visibility = "hidden";
        continue;
      }
      const { text, kind, x, y } = found[at]!;
      if (element.textContent !== text) element.textContent = text;
      if (element.className !== kind) element.className = kind;
      element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
      element.style.visibility = "visible";
    }
    this.shown = count;
  }

  dispose(): void {
    this.box.replaceChildren();
  }

  private made(at: number): HTMLElement {
    const element = document.createElement("b");
    this.elements[at] = element;
    this.box.append(element);
    return element;
  }
}

/** For the photo: where the words stand in relation to their point, as the style sheet has it. */
export const LABEL_STYLES: Readonly<Record<Label["kind"], { size: number; align: CanvasTextAlign; shift: Triple }>> = {
  switch: { size: 12, align: "left", shift: [6, 0, 0] },
  pi: { size: 10, align: "center", shift: [0, 7, 0] },
  chosen: { size: 14, align: "center", shift: [0, -12, 0] },
};
