// Owns the words about how well it fits: markers in view, the error to expect in millimetres, how old the pose is, and what to
// do when there is none. Pure. Called by arpage.

export interface Quality {
  readonly grade: "good" | "fair" | "held" | "none";
  readonly words: string;
  readonly advice: string;
}

/** From here on a pose is of another place: it is not shown any more. */
export const HELD_MS = 1500;
/** A pose that is this old begins to fade. */
export const FRESH_MS = 250;
const GOOD_M = 0.002;
const GOOD_MARKERS = 2;

export function qualityOf(markers: number, errorM: number, ageMs: number, astray: { readonly id: string; readonly metres: number } | null, silentCamera: boolean): Quality {
  if (silentCamera) return { grade: "none", words: "The camera gives no picture", advice: "It may be covered or in use elsewhere. Load the page again." };
  if (!(ageMs <= HELD_MS)) return { grade: "none", words: "No marker in view", advice: "Point the camera at the printed markers, from one to two metres, all of a marker in the picture." };
  if (ageMs > FRESH_MS) return { grade: "held", words: `Held from ${(ageMs / 1000).toFixed(1)} s ago`, advice: "Hold still, or turn back to a marker." };
  const words = `${markers} ${markers === 1 ? "marker" : "markers"} · ±${millimetres(errorM)} mm`;
  if (astray) return { grade: "fair", words, advice: `Marker ${astray.id} hangs ${Math.round(astray.metres * 1000)} mm from where it should: it is left out.` };
  if (markers < GOOD_MARKERS) return { grade: "fair", words, advice: "Step back until two markers or more are in view." };
  return { grade: errorM <= GOOD_M ? "good" : "fair", words, advice: errorM <= GOOD_M ? "" : "Nearer, or more markers, makes it finer." };
}

/** 1 while fresh, down to 0 when it is let go. */
export function strengthOf(ageMs: number): number {
  return ageMs <= FRESH_MS ? 1 : Math.max(0, 1 - (ageMs - FRESH_MS) / (HELD_MS - FRESH_MS));
}

function millimetres(metres: number): string {
  const mm = metres * 1000;
  return Number.isFinite(mm) ? mm.toFixed(mm < 1 ? 2 : 1) : "?";
}
