// Owns the colour-by switch and its legend, which is drawn from the palette itself. Called by main.

import { LOOKS, MISSING, MODES, SCALES, css, type Mode } from "../palette";
import { STATUSES } from "../protocol.gen";
import { button, el, part } from "./dom";

const NAMES: Readonly<Record<Mode, string>> = { cpu: "CPU", temperature: "Temperature", memory: "Memory", status: "Status" };

export class ColourBy {
  private readonly buttons = new Map<Mode, HTMLButtonElement>();
  private readonly legend = part("legend");

  constructor(chosen: (mode: Mode) => void) {
    const row = part("modes");
    MODES.forEach((mode, index) => {
      const one = button(NAMES[mode], () => chosen(mode), { "aria-keyshortcuts": String(index + 1), title: `Key ${index + 1}` });
      this.buttons.set(mode, one);
      row.append(one);
    });
  }

  show(mode: Mode): void {
    for (const [name, one] of this.buttons) one.setAttribute("aria-pressed", String(name === mode));
    this.legend.replaceChildren(...(mode === "status" ? statusLegend() : scaleLegend(mode)));
  }
}

function scaleLegend(mode: Exclude<Mode, "status">): Node[] {
  const { label, unit, low, high, stops } = SCALES[mode];
  const bar = el("div", { class: "ramp", role: "img", "aria-label": `${label}: dark is ${low} ${unit}, light is ${high} ${unit}` });
  bar.style.backgroundImage = `linear-gradient(to right, ${stops.map(css).join(", ")})`;
  const marks = [0, 0.25, 0.5, 0.75, 1].map((at) => el("span", {}, `${Math.round(low + (high - low) * at)}`));
  marks.at(-1)!.append(` ${unit}`);
  const rest = el("div", { class: "keys" }, key("late"), key("lost"), swatch(css(MISSING), " ", "no value"));
  return [bar, el("div", { class: "scale", "aria-hidden": "true" }, ...marks), rest];
}

function statusLegend(): Node[] {
  return [el("div", { class: "keys" }, ...STATUSES.filter((status) => status !== "unknown").map(key), key("unknown"))];
}

function key(status: (typeof STATUSES)[number]): HTMLElement {
  const { rgb, glyph } = LOOKS[status];
  const one = swatch(css(rgb), glyph, status);
  one.title = LOOKS[status].says;
  return one;
}

function swatch(color: string, glyph: string, text: string): HTMLElement {
  const spot = el("i", { "aria-hidden": "true" }, glyph);
  if (glyph === " ") spot.style.backgroundColor = color;
  else spot.style.color = color;
  return el("span", { class: "key" }, spot, text);
}
