// Owns which pictures of a walk are worth keeping, what is still missing, and the words that lead on. Pure; time is an argument.
// Two walks: along the racks, to survey where the markers hang, and around the ruler's sheet, to calibrate a camera.

import type { Point } from "../ar/lens";
import { dot, plus, scaled, times, transposed, unit, cross, type Vec3 } from "../ar/linear";
import type { Marker } from "../ar/markers";
import type { Pose } from "../ar/pose";
import type { Glance, Sighted } from "./sighter";

/** What a walk must have before its views are enough. */
export interface Rules {
  readonly views: number;
  /** Views of each marker that was seen at all. */
  readonly each: number;
  /** Markers that a picture must show. */
  readonly markers: number;
  /** Views from each side, and from how far to a side (tangent). */
  readonly sides: number;
  readonly slant: number;
  /** Parts of the picture, of nine, that markers must have been in. */
  readonly parts: number;
}

/** Below two dozen views the far ends of a survey stay loose. */
export const SURVEY: Rules = { views: 24, each: 4, markers: 3, sides: 3, slant: 0.12, parts: 0 };
export const CALIBRATION: Rules = { views: 14, each: 4, markers: 3, sides: 2, slant: 0.3, parts: 8 };

export type Verdict = "taken" | "few" | "moving" | "alike" | "full";

export interface Kept {
  readonly pose: Pose;
  readonly sights: readonly Sighted[];
  readonly eye: Vec3;
  readonly sight: Vec3;
  /** Metres to the plane of what was seen; how far right and above of its middle, over that. */
  readonly far: number;
  readonly aside: Point;
}

const SIDES = ["left", "right", "above", "below"] as const;
export type Side = (typeof SIDES)[number];

export interface Progress {
  readonly views: number;
  readonly wanted: number;
  /** Views that have each marker, by its id; only those that were seen. */
  readonly seen: ReadonlyMap<string, number>;
  readonly short: readonly string[];
  readonly sides: readonly Side[];
  /** Parts of the picture that no marker was in yet: rows from the top, 3 x 3. */
  readonly parts: readonly number[];
  readonly done: boolean;
}

/** A camera that moves draws a picture's top earlier than its bottom. */
const STILL_PX_S = 40;
const STILL_MS = 700;
const APART = 0.1; // of the distance to the markers
const TURNED = Math.cos(0.08);
const MOST = 100;

export class Walk {
  readonly kept: Kept[] = [];
  readonly rules: Rules;
  private readonly markers: ReadonlyMap<string, Marker>;
  private readonly parts = new Set<number>();
  private before: { readonly at: number; readonly sights: readonly Sighted[] } | null = null;

  constructor(markers: readonly Marker[], rules: Rules) {
    this.markers = new Map(markers.map((marker) => [marker.id, marker]));
    this.rules = rules;
  }

  /** Keeps it when it is worth that; says why not otherwise. */
  offer({ sights, pose }: Glance, at: number, width: number, height: number): Verdict {
    const moved = this.speed(sights, at);
    this.before = { at, sights };
    if (pose === null || sights.length < this.rules.markers) return "few";
    if (!(moved <= STILL_PX_S)) return "moving";
    const view = this.view(pose, sights);
    if (this.kept.some((one) => alike(one, view))) return "alike";
    if (this.kept.length >= MOST) return "full";
    this.kept.push(view);
    for (const { corners } of sights) for (const [x, y] of corners) this.parts.add(3 * third(y, height) + third(x, width));
    return "taken";
  }

  get progress(): Progress {
    const { kept, rules } = this;
    const seen = new Map<string, number>();
    for (const { sights } of kept) for (const { id } of sights) seen.set(id, (seen.get(id) ?? 0) + 1);
    const short = [...seen].filter(([, views]) => views < rules.each).sort((a, b) => a[1] - b[1]).map(([id]) => id);
    const sides = SIDES.filter((side) => kept.filter((one) => from(one, side) >= rules.slant).length < rules.sides);
    const parts = Array.from({ length: 9 }, (_, n) => n).filter((n) => !this.parts.has(n));
    const done = kept.length >= rules.views && short.length === 0 && sides.length === 0 && parts.length <= 9 - rules.parts;
    return { views: kept.length, wanted: rules.views, seen, short, sides, parts, done };
  }

  /** What to do next. */
  hint(verdict: Verdict): string {
    const { sides, short, views, wanted, parts, done } = this.progress;
    if (verdict === "few") return `Show ${this.rules.markers} markers or more, whole, so near that each is larger than a fingernail on the screen.`;
    if (verdict === "moving") return "Hold still for a moment.";
    if (verdict === "full") return "That is enough. Go on to the result.";
    const next = sides[0] ? `Now from ${WORDS[sides[0]]}.` : short[0] ? `Now to marker ${short[0]}: it wants ${this.rules.each} views.`
      : parts.length > 9 - this.rules.parts ? `Bring markers to the ${PARTS[parts[0]!]!} of the picture.` : views < wanted ? "Go on along the racks, from near and far." : "";
    if (done) return verdict === "taken" ? "Taken. That is enough; more makes it better." : "That is enough; more makes it better.";
    return verdict === "taken" ? `Taken. ${next}` : next || "Go elsewhere: this was seen from here.";
  }

  /** Pixels a second that the markers have moved since the picture before; infinite when there was none. */
  private speed(sights: readonly Sighted[], at: number): number {
    const { before } = this;
    if (!before || at <= before.at || at - before.at > STILL_MS) return Infinity;
    const moves = sights.flatMap(({ id, corners }) => {
      const then = before.sights.find((one) => one.id === id);
      return then ? corners.map(([x, y], n) => Math.hypot(x - then.corners[n]![0], y - then.corners[n]![1])) : [];
    });
    return moves.length === 0 ? Infinity : (1000 * Math.max(...moves)) / (at - before.at);
  }

  private view(pose: Pose, sights: readonly Sighted[]): Kept {
    const eye = scaled(times(transposed(pose.r), pose.t), -1);
    const seen = sights.map(({ id }) => this.markers.get(id)!.designed);
    const [tl, tr, , bl] = seen[0]!;
    const right = unit(plus(tr, scaled(tl, -1)));
    const up = unit(plus(tl, scaled(bl, -1)));
    const middle = scaled(seen.flat().reduce<Vec3>(plus, [0, 0, 0]), 1 / (4 * seen.length));
    const way = plus(eye, scaled(middle, -1));
    const far = Math.max(dot(way, cross(right, up)), 1e-3);
    return { pose, sights, eye, sight: [pose.r[6]!, pose.r[7]!, pose.r[8]!], far, aside: [dot(way, right) / far, dot(way, up) / far] };
  }
}

const WORDS: Readonly<Record<Side, string>> = { left: "further left", right: "further right", above: "higher up", below: "lower down" };
const PARTS = ["upper left", "upper edge", "upper right", "left edge", "middle", "right edge", "lower left", "lower edge", "lower right"];

function from({ aside: [x, y] }: Kept, side: Side): number {
  return side === "left" ? -x : side === "right" ? x : side === "above" ? y : -y;
}

function alike(a: Kept, b: Kept): boolean {
  const way = plus(a.eye, scaled(b.eye, -1));
  return Math.sqrt(dot(way, way)) < APART * b.far && dot(a.sight, b.sight) > TURNED;
}

function third(at: number, length: number): number {
  return Math.min(2, Math.max(0, Math.floor((3 * at) / length)));
}
