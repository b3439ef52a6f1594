// Owns one answer of the history that is shown: when it is asked for anew, that one question is on its way at a time,
// and what to say when it fails. Pure but for the promise; the time is given to it. Called by timeline and nodecharts.

import { TwinError } from "../errors";

const RETRY_MS = 5000;
/** A stretch that is being moved is not asked for at every pixel. */
const GAP_MS = 250;

export class Chart<T> {
  /** The newest answer, also while another is fetched; null = none yet. */
  found: T | null = null;
  /** The question that `found` answers. */
  key = "";
  /** Why there is none, in a sentence. */
  error = "";
  private readonly now: () => number;
  private asking = "";
  private askedAt = -Infinity;
  private given: AbortController | null = null;

  constructor(now: () => number) {
    this.now = now;
  }

  /** `key` names the question. The answer is fetched when it is another than before, or older than `freshMs`. */
  want(key: string, freshMs: number, ask: (signal: AbortSignal) => Promise<T>, changed: () => void): void {
    const age = this.now() - this.askedAt;
    if (age < GAP_MS || (key === this.asking && age < (this.error !== "" ? RETRY_MS : this.given ? Infinity : freshMs))) return;
    this.given?.abort();
    const given = (this.given = new AbortController());
    this.asking = key;
    this.askedAt = this.now();
    ask(given.signal).then(
      (found) => this.done(given, () => [this.found, this.key, this.error] = [found, key, ""], changed),
      (error: unknown) => this.done(given, () => (this.error = error instanceof TwinError ? error.message : String(error)), changed),
    );
  }

  /** What is shown is of something else: begin anew. */
  forget(): void {
    this.given?.abort();
    this.given = this.found = null;
    this.key = this.asking = this.error = "";
    this.askedAt = -Infinity;
  }

  private done(given: AbortController, take: () => void, changed: () => void): void {
    if (given !== this.given) return;
    this.given = null;
    take();
    changed();
  }
}
