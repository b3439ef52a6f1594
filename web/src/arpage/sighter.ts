// Owns one glance of a walk: every known marker in a picture, each aligned for itself, and a first pose from where they should
// hang. Unlike tracker it believes no place: that markers hang elsewhere is what a survey is for. Pure but for the decoder that
// it is given. Called by worker.

import { align, type Aligned } from "../ar/align";
import type { Four } from "../ar/bundle";
import type { Lens, Point } from "../ar/lens";
import { inverseOf } from "../ar/linear";
import type { Marker, Markers } from "../ar/markers";
import type { Picture } from "../ar/picture";
import { solvePose, type Pose } from "../ar/pose";
import { Templates } from "../ar/template";
import type { Read } from "./reader";

export interface Sighted {
  readonly id: string;
  readonly corners: Four<Point>;
}

/** What a picture shows; without a pose when it is too little. */
export interface Glance {
  readonly sights: readonly Sighted[];
  readonly pose: Pose | null;
}

/** Standard deviation of a corner, pixels: above, a marker is too small, too blurred or too slanted to be measured. */
const COARSE_PX = 0.25;
/** Until the survey has said where they hang. */
const STUCK_M = 0.004;
const GUESSED = { focal: 0.06, k1: 0.1, k2: 0.05, placed: STUCK_M } as const;

export class Sighter {
  private readonly markers: Markers;
  private readonly known: readonly Marker[];
  private readonly templates = new Map<string, Templates>();

  /** ruler: the sheet's markers, whose places are exact, instead of the racks'. */
  constructor(markers: Markers, ruler = false) {
    this.markers = markers;
    this.known = ruler ? markers.ruler.markers : markers.markers;
  }

  async look(picture: Picture, lens: Lens, decode: (picture: Picture) => Promise<readonly Read[]>): Promise<Glance> {
    const found = new Map<Marker, Aligned>();
    for (const { text, corners } of await decode(picture)) {
      const marker = this.markers.find(text);
      if (!marker || !this.known.includes(marker) || found.has(marker)) continue;
      const aligned = align(picture, lens, this.templatesOf(marker), corners);
      if (aligned && fine(aligned)) found.set(marker, aligned);
    }
    const seen = [...found].map(([{ designed }, { corners }]) => ({ places: designed, pixels: corners, information: null }));
    const solution = seen.length > 0 ? solvePose(seen, lens, GUESSED) : null;
    const sights = [...found].map(([{ id }, { corners }]): Sighted => ({ id, corners: corners as unknown as Four<Point> }));
    return { sights, pose: solution?.pose ?? null };
  }

  private templatesOf(marker: Marker): Templates {
    let made = this.templates.get(marker.id);
    if (!made) this.templates.set(marker.id, (made = new Templates(marker.rows)));
    return made;
  }
}

function fine({ information }: Aligned): boolean {
  const covariance = inverseOf(information, 8);
  return covariance !== null && [0, 1, 2, 3, 4, 5, 6, 7].every((n) => covariance[9 * n]! < COARSE_PX ** 2);
}
