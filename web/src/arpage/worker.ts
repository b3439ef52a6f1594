// Owns the worker's side: pictures in, fixes out, one at a time. Everything heavy is here, so that the page never stutters.

import type { Bundle } from "../ar/bundle";
import type { Lens } from "../ar/lens";
import { parseMarkers } from "../ar/markers";
import type { Free } from "../ar/refine";
import { greyOf } from "./grey";
import { Reader } from "./reader";
import { Sighter, type Glance } from "./sighter";
import { solved, type Problem } from "./survey";
import { Tracker, type Fix } from "./tracker";

export type ToWorker =
  | { readonly kind: "open"; readonly markers: unknown; readonly ruler: boolean }
  | { readonly kind: "look"; readonly sent: VideoFrame | ImageData; readonly at: number; readonly lens: Lens; readonly free: Free; readonly trace: boolean }
  | { readonly kind: "glance"; readonly sent: VideoFrame | ImageData; readonly lens: Lens }
  | { readonly kind: "solve"; readonly problem: Problem };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "glance"; readonly glance: Glance; readonly tookMs: number }
  | { readonly kind: "solved"; readonly bundle: Bundle | null; readonly tookMs: number }
  | { readonly kind: "wrong"; readonly words: string }
  /** strip: brightness along the first rows, by which a test knows a made-up camera's picture. */
  | { readonly kind: "fix"; readonly fix: Fix | null; readonly tookMs: number; readonly strip: readonly number[] };

const STRIP = 16;
const STRIP_ROW = 8;

const reader = new Reader();
let decoder: Promise<void> | null = null;
let tracker: Tracker | null = null;
let sighter: Sighter | null = null;

async function heard(message: ToWorker): Promise<FromWorker> {
  if (message.kind === "open") {
    const markers = parseMarkers(message.markers);
    [tracker, sighter] = [new Tracker(markers, message.ruler), new Sighter(markers, message.ruler)];
    await (decoder ??= reader.open()); // the markers may come again, the decoder not
    return { kind: "ready" };
  }
  const began = performance.now();
  if (message.kind === "solve") return { kind: "solved", bundle: solved(message.problem), tookMs: performance.now() - began };
  const picture = await greyOf(message.sent);
  if (message.kind === "glance") {
    const glance = await sighter!.look(picture, message.lens, (one) => reader.read(one));
    return { kind: "glance", glance, tookMs: performance.now() - began };
  }
  const fix = await tracker!.step(picture, message.at, message.lens, message.free, (one) => reader.read(one));
  const strip = message.trace ? Array.from({ length: STRIP }, (_, n) => picture.grey[STRIP_ROW * picture.width + Math.floor(((n + 0.5) * picture.width) / STRIP)]!) : [];
  return { kind: "fix", fix, tookMs: performance.now() - began, strip };
}

addEventListener("message", (event: MessageEvent<ToWorker>) => {
  void heard(event.data)
    .catch((error: unknown): FromWorker => ({ kind: "wrong", words: error instanceof Error ? error.message : String(error) }))
    .then((answer) => postMessage(answer));
});
