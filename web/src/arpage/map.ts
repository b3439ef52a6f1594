// Owns the little map of a walk: the markers of the face that one stands before, with how often each was seen.

import { cross, dot, plus, scaled, unit, type Vec3 } from "../ar/linear";
import type { Marker } from "../ar/markers";
import type { Sighted } from "./sighter";

const SPACE = "http://www.w3.org/2000/svg";
const SAME_WAY = 0.9;

/** Redraws; `sights` say which face, and which of them are in view now. */
export function drawMap(svg: SVGElement, markers: readonly Marker[], sights: readonly Sighted[], seen: ReadonlyMap<string, number>, enough: number): void {
  const first = markers.find(({ id }) => id === sights[0]?.id);
  if (!first) return; // as it was
  const [right, up, out] = axes(first);
  const face = markers.filter((marker) => dot(axes(marker)[2], out) > SAME_WAY);
  const boxes = face.map((marker) => {
    const [tl, , br] = marker.designed;
    const middle = scaled(plus(tl, br), 0.5);
    return { id: marker.id, x: dot(middle, right), y: -dot(middle, up), edge: marker.size };
  });
  const margin = 1.5 * first.size; // they are drawn twice as large as they are
  const left = Math.min(...boxes.map(({ x }) => x)) - margin, top = Math.min(...boxes.map(({ y }) => y)) - margin;
  const width = Math.max(...boxes.map(({ x }) => x)) + margin - left, height = Math.max(...boxes.map(({ y }) => y)) + margin - top;
  svg.setAttribute("viewBox", `0 0 ${(1000 * width).toFixed(0)} ${(1000 * height).toFixed(0)}`);
  const now = new Set(sights.map(({ id }) => id));
  svg.replaceChildren(...boxes.flatMap(({ id, x, y, edge }) => {
    const views = seen.get(id) ?? 0;
    const box = made("rect", { x: 1000 * (x - left - edge), y: 1000 * (y - top - edge), width: 2000 * edge, height: 2000 * edge, rx: 16 });
    box.setAttribute("class", `${views >= enough ? "enough" : views > 0 ? "some" : "none"}${now.has(id) ? " now" : ""}`);
    const label = made("text", { x: 1000 * (x - left), y: 1000 * (y - top), "font-size": 900 * edge });
    label.textContent = id;
    return [box, label];
  }));
}

function axes({ designed: [tl, tr, , bl] }: Marker): readonly [Vec3, Vec3, Vec3] {
  const right = unit(plus(tr, scaled(tl, -1))), up = unit(plus(tl, scaled(bl, -1)));
  return [right, up, cross(right, up)];
}

function made(name: string, values: Readonly<Record<string, number>>): SVGElement {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(values)) element.setAttribute(key, value.toFixed(1));
  return element;
}
