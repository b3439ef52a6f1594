// Owns the page's side of the worker: one question at a time, one answer, and words when none comes.

import type { FromWorker, ToWorker } from "./worker";

/** Loading the decoder over a slow network; a picture takes a hundredth of that. */
const WORKER_MS = 30_000;

/** Rejects when the worker does not start, does not answer, or says what this browser cannot read. */
export function askWorker(worker: Worker, message: ToWorker, moved: Transferable[] = []): Promise<FromWorker> {
  return new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error("The part that reads markers does not answer. Load the page again.")), WORKER_MS);
    const settle = <T>(then: (event: T) => void) => (event: T): void => {
      clearTimeout(late);
      then(event);
    };
    worker.onmessage = settle((event: MessageEvent<FromWorker>) => done(event.data));
    worker.onmessageerror = settle(() => failed(new Error("The part that reads markers said what this browser cannot read.")));
    worker.onerror = settle((event: ErrorEvent) => failed(new Error(`The part that reads markers does not start: ${event.message}`)));
    worker.postMessage(message, moved);
  });
}

/** What of a shot is given away with it. */
export function movable(sent: VideoFrame | ImageData): Transferable[] {
  return [sent instanceof ImageData ? sent.data.buffer : sent];
}
