// Owns noticing that the markers hang elsewhere by now: somebody stored a survey, or printed others, while this page was open.
// Called by ar.

/** Between two looks; a look that finds nothing new is answered with 304 and no body. */
export const LOOK_MS = 20_000;

export class Hung {
  private readonly fetching: () => Promise<unknown>;
  private known: string;
  private fresh: unknown = null;
  private looking = false;

  /** `markers`: markers.json as it was loaded; `fetching`: loads it again. */
  constructor(markers: unknown, fetching: () => Promise<unknown>) {
    this.known = JSON.stringify(markers);
    this.fetching = fetching;
  }

  /** Without the server everything stays as it is. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const found = await this.fetching();
      const said = JSON.stringify(found);
      if (said !== this.known) [this.known, this.fresh] = [said, found];
    } catch {
      // the line is said elsewhere
    } finally {
      this.looking = false;
    }
  }

  /** The new markers.json, once; null: it is as it was. */
  take(): unknown {
    const { fresh } = this;
    this.fresh = null;
    return fresh;
  }
}
