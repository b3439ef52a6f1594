// Owns asking the device what of the real room a ray meets: one standing question for where the visitor looks, one for each hand.
// Where the device answers no such questions, nothing is met. Called by ownroom.

/** Questions that may stand at once: the eyes and two hands, and as many that are just being replaced. */
const MOST = 6;

export class Hits {
  private readonly session: XRSession;
  private readonly asked = new Map<XRInputSource | null, XRHitTestSource | null>();
  private over = false;
  /** The device refused: it is not asked again in this visit. */
  private refused = false;

  constructor(session: XRSession) {
    this.session = session;
  }

  get able(): boolean {
    return !this.refused && this.session.requestHitTestSource !== undefined;
  }

  /** The nearest thing before a hand, or (null) before the eyes; null = nothing, undefined = not known yet. */
  first(frame: XRFrame, source: XRInputSource | null): XRHitTestResult | null | undefined {
    if (!this.able) return null;
    const asked = this.asked.get(source);
    if (asked === undefined) void this.ask(source);
    if (!asked) return undefined;
    try {
      return frame.getHitTestResults(asked)[0] ?? null;
    } catch {
      return undefined; // asked within this frame: the answer comes with the next
    }
  }

  forget(source: XRInputSource | null): void {
    this.asked.get(source)?.cancel();
    this.asked.delete(source);
  }

  close(): void {
    this.over = true;
    for (const source of [...this.asked.keys()]) this.forget(source);
  }

  private async ask(source: XRInputSource | null): Promise<void> {
    if (this.asked.size >= MOST) return;
    this.asked.set(source, null);
    try {
      const space = source ? source.targetRaySpace : await this.session.requestReferenceSpace("viewer");
      const made = await this.session.requestHitTestSource!({ space });
      if (!made) this.refused = true;
      else if (this.over || !this.asked.has(source)) made.cancel();
      else this.asked.set(source, made);
    } catch {
      this.refused = true; // the feature was not granted
    }
  }
}
