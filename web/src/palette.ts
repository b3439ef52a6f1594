// Owns every colour that means something: the ramps of CPU, temperature and memory, the status colours and their glyphs,
// and how a value fades with age. Pure. Read by paint (3D), the legend and the table.
//
// Each ramp gets lighter all the way up, so it also reads in grey and with any colour blindness. The status colours were
// sought for the largest distance between the two that are most alike, as people with and without colour blindness see
// them; each has a glyph, because colour alone must never be the message. Who sees colours in another way chooses a
// palette that was sought for him: LOOKS then is another, so it is read when something is drawn, and not kept.

import { STATUSES, type Status } from "./protocol.gen";

export type Mode = "cpu" | "temperature" | "memory" | "status";
export const MODES: readonly Mode[] = ["cpu", "temperature", "memory", "status"];

/** 0..255 each, as CSS and people write it. */
export type Rgb = readonly [number, number, number];

export interface Scale {
  readonly label: string;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
  readonly stops: readonly Rgb[];
}

export const SCALES: Readonly<Record<Exclude<Mode, "status">, Scale>> = {
  cpu: {
    label: "CPU",
    unit: "%",
    low: 0,
    high: 100,
    stops: [rgbOf(0x16409c), rgbOf(0x1a6fd4), rgbOf(0x22a6e6), rgbOf(0x6fd8d6), rgbOf(0xd2f08c), rgbOf(0xfff7c2)],
  },
  temperature: {
    label: "Temperature",
    unit: "°C",
    low: 25,
    high: 85, // a Pi 3B+ slows itself down from 80 °C
    stops: [rgbOf(0x55207a), rgbOf(0x96277b), rgbOf(0xd23b5c), rgbOf(0xf4713a), rgbOf(0xfcb03c), rgbOf(0xfdf3a6)],
  },
  memory: {
    label: "Memory",
    unit: "%",
    low: 0,
    high: 100,
    stops: [rgbOf(0x17505e), rgbOf(0x197b77), rgbOf(0x2ea57b), rgbOf(0x74cb74), rgbOf(0xc4e77a), rgbOf(0xf8fac0)],
  },
};

export interface Look {
  readonly rgb: Rgb;
  readonly glyph: string;
  readonly says: string;
}

/** What the palettes share. */
const SIGNS: Readonly<Record<Status, Omit<Look, "rgb">>> = {
  unknown: { glyph: "?", says: "never heard" },
  online: { glyph: "●", says: "reporting" },
  late: { glyph: "◫", says: "missed two reports" },
  lost: { glyph: "✕", says: "gone quiet" },
  rebooting: { glyph: "↻", says: "coming back" },
  busy: { glyph: "▲", says: "working on a command" },
};

export type PaletteName = "standard" | "red-green" | "blue-yellow";
type Looks = Readonly<Record<Status, Look>>;

export const PALETTES: Readonly<Record<PaletteName, { readonly label: string; readonly looks: Looks }>> = {
  standard: {
    label: "Standard colours",
    looks: looksOf({ unknown: 0x758199, online: 0x56b4e9, late: 0xfcb62b, lost: 0xe4523c, rebooting: 0xbe51fa, busy: 0xfff57f }),
  },
  "red-green": {
    label: "For red-green blindness",
    looks: looksOf({ unknown: 0x909090, online: 0x6abcfe, late: 0xf6c63a, lost: 0xd25a16, rebooting: 0xb553fe, busy: 0xfcfcda }),
  },
  "blue-yellow": {
    label: "For blue-yellow blindness",
    looks: looksOf({ unknown: 0x81817a, online: 0x40a2ce, late: 0xeeb045, lost: 0xef3934, rebooting: 0xd6449e, busy: 0xdefbd0 }),
  },
};

export let LOOKS: Looks = PALETTES.standard.looks;

/** From now on statuses have these colours. */
export function choosePalette(name: PaletteName): void {
  LOOKS = PALETTES[name].looks;
}

function looksOf(colors: Readonly<Record<Status, number>>): Looks {
  const looks = STATUSES.map((status) => [status, Object.freeze({ rgb: rgbOf(colors[status]), ...SIGNS[status] })]);
  return Object.freeze(Object.fromEntries(looks)) as Looks;
}

/** A node with no value for what is being shown. */
export const MISSING: Rgb = rgbOf(0x4a5266);
/** A lost node's body: whatever it last said is no longer its colour. */
export const DEAD: Rgb = rgbOf(0x241a22);
/** What a value fades towards as it grows old. */
const DUST: Rgb = rgbOf(0x2b303d);

export function statusName(index: number): Status {
  return STATUSES[index] ?? "unknown";
}

/** A value's place on its ramp, clamped; NaN is MISSING. */
export function rampColor(scale: Scale, value: number): Rgb {
  if (Number.isNaN(value)) return MISSING;
  const at = Math.min(1, Math.max(0, (value - scale.low) / (scale.high - scale.low))) * (scale.stops.length - 1);
  const under = Math.min(scale.stops.length - 2, Math.floor(at));
  return mix(scale.stops[under]!, scale.stops[under + 1]!, at - under);
}

/** 1 = as good as new, 0 = so old that only its shape should remain. Full up to 1.5 periods, gone after 6. */
export function freshness(ageMs: number, periodMs: number): number {
  const periods = ageMs / periodMs;
  return Math.min(1, Math.max(0, (6 - periods) / 4.5));
}

/** A colour as old as it is: what remains of it is visible, but nobody takes it for live. */
export function faded(color: Rgb, fresh: number): Rgb {
  return mix(DUST, color, 0.25 + 0.75 * fresh);
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (i: 0 | 1 | 2): number => from[i] + (to[i] - from[i]) * share;
  return [part(0), part(1), part(2)];
}

export function css(color: Rgb): string {
  return `rgb(${color.map(Math.round).join(" ")})`;
}

/** sRGB byte -> linear light 0..1, which is what the renderer's colour buffer holds. */
export function linear(channel: number): number {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

/** How light a colour looks, 0..1. */
export function luminance(color: Rgb): number {
  return 0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2]);
}

/** 0xrrggbb as three channels. */
export function rgbOf(hex: number): Rgb {
  return [(hex >> 16) & 255, (hex >> 8) & 255, hex & 255];
}
