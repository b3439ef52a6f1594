// Owns the line between what is known (a template's brightness) and what is seen: gain, bias, and what is left. Pure.

/** Pairs are added one by one; the line is the least-squares one of all so far. */
export class Level {
  private sum = 0;
  private known = 0;
  private seen = 0;
  private knownKnown = 0;
  private knownSeen = 0;
  private seenSeen = 0;

  add(known: number, seen: number, weight: number): void {
    this.sum += weight;
    this.known += weight * known;
    this.seen += weight * seen;
    this.knownKnown += weight * known * known;
    this.knownSeen += weight * known * seen;
    this.seenSeen += weight * seen * seen;
  }

  private get spread(): number {
    return this.knownKnown - (this.known * this.known) / this.sum;
  }

  get gain(): number {
    return (this.knownSeen - (this.known * this.seen) / this.sum) / this.spread;
  }

  get bias(): number {
    return (this.seen - this.gain * this.known) / this.sum;
  }

  /** The mean square of what the line does not explain, as a share of the gain's square. */
  get left(): number {
    const { gain } = this;
    return (this.seenSeen - (this.seen * this.seen) / this.sum - gain * gain * this.spread) / (this.sum * gain * gain);
  }
}
