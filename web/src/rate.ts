// Owns the figures of the connection indicator: frames and bytes a second over the last five seconds. Pure.
// Called by link.

const SECONDS = 5;

export class Rate {
  private readonly frames = new Uint32Array(SECONDS + 1);
  private readonly bytes = new Uint32Array(SECONDS + 1);
  private second = 0;
  private since = Infinity;

  add(now: number, bytes: number): void {
    this.roll(now);
    this.since = Math.min(this.since, now);
    const at = this.second % this.frames.length;
    this.frames[at]! += 1;
    this.bytes[at]! += bytes;
  }

  framesPerSecond(now: number): number {
    return this.mean(this.frames, now);
  }

  bytesPerSecond(now: number): number {
    return this.mean(this.bytes, now);
  }

  private mean(buckets: Uint32Array, now: number): number {
    this.roll(now);
    const span = Math.min(SECONDS + (now / 1000 - this.second), (now - this.since) / 1000);
    return span > 0 ? buckets.reduce((sum, one) => sum + one, 0) / Math.max(1, span) : 0;
  }

  private roll(now: number): void {
    const second = Math.floor(now / 1000);
    for (let at = Math.max(this.second + 1, second - SECONDS); at <= second; at++) {
      this.frames[at % this.frames.length] = 0;
      this.bytes[at % this.bytes.length] = 0;
    }
    this.second = Math.max(this.second, second);
  }
}
