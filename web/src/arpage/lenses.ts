// Owns what is known of a camera's lens: a guess at first, better with every view from somewhere else, kept on the device by
// camera and size of picture. Pure but for the shelf that it is given. Called by arpage.

import type { Lens } from "../ar/lens";
import { dot, plus, scaled, times, transposed, type Vec3 } from "../ar/linear";
import type { Solution } from "../ar/pose";
import { PARAMETERS } from "../ar/refine";

/** A lens and how sure each part of it is (standard deviations; focal relative). */
export interface Known {
  readonly lens: Lens;
  readonly focal: number;
  readonly k1: number;
  readonly k2: number;
}

export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Phones and tablets: half the picture's length over the focal length is the tangent of about 33 degrees. */
const FOCAL_SHARE = 0.77;
const FIRST: Omit<Known, "lens"> = { focal: 0.06, k1: 0.1, k2: 0.05 };
/** No camera is known better: its focus breathes, and the bends stand for those of higher order too. */
const FLOOR: Omit<Known, "lens"> = { focal: 0.004, k1: 0.03, k2: 0.02 };
const APART_M = 0.1;
const APART_RAD = 0.08;
const MARKERS = 2;

export class Lenses {
  readonly width: number;
  readonly height: number;
  private known: Known;
  private readonly key: string;
  private readonly shelf: Shelf;
  private views: { readonly eye: Vec3; readonly sight: Vec3 }[] = [];

  constructor(shelf: Shelf, camera: string, width: number, height: number) {
    [this.shelf, this.width, this.height] = [shelf, width, height];
    this.key = `twin.lens ${camera} ${width}x${height}`;
    this.known = parsed(shelf.getItem(this.key)) ?? guessed(width, height);
  }

  get now(): Known {
    return this.known;
  }

  /** Whether it is more than a guess. */
  get learnt(): boolean {
    return this.known.focal < FIRST.focal / 2;
  }

  /** From a view of several markers that is unlike those before; true when something was learnt. */
  learn(solution: Solution, markers: number): boolean {
    if (markers < MARKERS || this.known.focal === 0) return false;
    const { r, t } = solution.pose;
    const eye = scaled(times(transposed(r), t), -1);
    const sight: Vec3 = [r[6]!, r[7]!, r[8]!];
    const alike = this.views.some((each) => {
      const way = plus(each.eye, scaled(eye, -1));
      return dot(way, way) < APART_M ** 2 && dot(each.sight, sight) > Math.cos(APART_RAD);
    });
    const [focal, k1, k2] = [6, 7, 8].map((n) => Math.sqrt(solution.covariance[n * (PARAMETERS + 1)]! * Math.max(solution.misfit, 1))) as [number, number, number];
    if (alike || !(focal < this.known.focal)) return false;
    this.views = [...this.views.slice(-40), { eye, sight }];
    this.known = { lens: solution.lens, focal: Math.max(focal, FLOOR.focal), k1: Math.max(Math.min(k1, this.known.k1), FLOOR.k1), k2: Math.max(Math.min(k2, this.known.k2), FLOOR.k2) };
    this.shelf.setItem(this.key, JSON.stringify(this.known));
    return true;
  }

  /** What a walk has found, in place of what was believed. */
  keep({ lens, focal, k1, k2 }: Known): void {
    this.views = [];
    this.known = { lens, focal: Math.max(focal, FLOOR.focal), k1: Math.max(k1, FLOOR.k1), k2: Math.max(k2, FLOOR.k2) };
    this.shelf.setItem(this.key, JSON.stringify(this.known));
  }

  /** Back to the guess, on the device too. */
  forget(): void {
    this.shelf.removeItem(this.key);
    this.views = [];
    this.known = guessed(this.width, this.height);
  }
}

/** The browser's shelf; where it has none, or a full or a locked one, nothing is kept and nothing breaks. */
export function shelfOf(storage: () => Shelf): Shelf {
  const tried = <T>(act: (shelf: Shelf) => T, otherwise: T): T => {
    try {
      return act(storage());
    } catch {
      return otherwise;
    }
  };
  return {
    getItem: (key) => tried((shelf) => shelf.getItem(key), null),
    setItem: (key, value) => tried((shelf) => shelf.setItem(key, value), undefined),
    removeItem: (key) => tried((shelf) => shelf.removeItem(key), undefined),
  };
}

function guessed(width: number, height: number): Known {
  const f = FOCAL_SHARE * Math.max(width, height);
  return { lens: { fx: f, fy: f, cx: (width - 1) / 2, cy: (height - 1) / 2, k1: 0, k2: 0 }, ...FIRST };
}

function parsed(text: string | null): Known | null {
  try {
    const { lens, focal, k1, k2 } = JSON.parse(text ?? "null") as Known;
    const numbers = [lens.fx, lens.fy, lens.cx, lens.cy, lens.k1, lens.k2, focal, k1, k2];
    return numbers.every(Number.isFinite) && lens.fx > 0 && lens.fy > 0 && focal >= 0 && k1 >= 0 && k2 >= 0 ? { lens, focal, k1, k2 } : null;
  } catch {
    return null; // nothing kept, or by another version
  }
}
