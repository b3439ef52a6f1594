// Owns the colour-by switch, its legend, which is drawn from the palette itself, and the choice of a palette, which this
// device keeps. Called by main.

import { LOOKS, MISSING, MODES, PALETTES, SCALES, choosePalette, css, type Mode, type PaletteName } from "../palette";
import { STATUSES } from "../protocol.gen";
import { button, el, part } from "./dom";

const KEPT = "twin.palette";
const NAMES: Readonly<Record<Mode, string>> = { cpu: "CPU", temperature: "Temperature", memory: "Memory", status: "Status" };

export class ColourBy {
  private readonly buttons = new Map<Mode, HTMLButtonElement>();
  private readonly legend = part("legend");

  private mode: Mode = "cpu";

  /** `repaint`: what was drawn with the colours before must be drawn anew. */
  constructor(chosen: (mode: Mode) => void, repaint: () => void) {
    const row = part("modes");
    MODES.forEach((mode, index) => {
      const one = button(NAMES[mode], () => chosen(mode), { "aria-keyshortcuts": String(index + 1), title: `Key ${index + 1}` });
      this.buttons.set(mode, one);
      row.append(one);
    });
    const select = part<HTMLSelectElement>("palette");
    select.append(...Object.entries(PALETTES).map(([name, { label }]) => el("option", { value: name }, label)));
    select.value = kept();
    choosePalette(kept());
    select.addEventListener("change", () => {
      choosePalette(select.value as PaletteName);
      keep(select.value);
      this.show(this.mode);
      repaint();
    });
  }

  show(mode: Mode): void {
    this.mode = mode;
    for (const [name, one] of this.buttons) one.setAttribute("aria-pressed", String(name === mode));
    this.legend.replaceChildren(...(mode === "status" ? statusLegend() : scaleLegend(mode)));
  }
}

/** A device that keeps nothing (or another page's junk) has the standard. */
function kept(): PaletteName {
  try {
    const name = localStorage.getItem(KEPT) ?? "";
    return Object.hasOwn(PALETTES, name) ? (name as PaletteName) : "standard";
  } catch {
    return "standard";
  }
}

function keep(name: string): void {
  try {
    localStorage.setItem(KEPT, name);
  } catch {
    // a private window: the choice lasts as long as the page
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
