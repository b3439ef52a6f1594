// Owns the one anchor that holds the cluster in the real room: made where it is put down, followed each frame, deleted when it is
// lifted or another takes its place, remembered for the next visit where the browser can. Without anchors everything
// stays in the device's own floor space. The arithmetic is anchored's. Called by ownroom.

import { follow, offsetFrom, type Offset, type Pose } from "./anchored";
import { load, save, type Kept } from "./kept";
import type { Rig } from "./rig";

export class Anchorage {
  private readonly session: XRSession;
  private readonly rig: Rig;
  private anchor: XRAnchor | null = null;
  private handle = "";
  private offset: Offset | null = null;
  /** Where the anchor was when it was last seen, or is being made; null = it is not known yet. */
  private seen: Pose | null = null;
  /** Counts what was put down and lifted: an answer to an older question comes too late. */
  private turn = 0;

  constructor(session: XRSession, rig: Rig) {
    this.session = session;
    this.rig = rig;
  }

  get holds(): boolean {
    return this.anchor !== null;
  }

  /** It will be found again at the next visit. */
  get kept(): boolean {
    return this.handle !== "";
  }

  /** Where the cluster stood at the last visit; its first known pose moves the rig. */
  async restore(): Promise<void> {
    const kept = load();
    const { restorePersistentAnchor } = this.session;
    if (!kept || !restorePersistentAnchor) return;
    const turn = ++this.turn;
    try {
      const anchor = await restorePersistentAnchor.call(this.session, kept.handle);
      if (turn !== this.turn) return anchor.delete();
      Object.assign(this, { anchor, offset: kept.offset, handle: kept.handle });
      this.rig.scale = kept.scale;
    } catch {
      save(null); // another room, or the device has forgotten it: it is put down anew
    }
  }

  /** The cluster stands where the rig says; `pose` is where the device is asked to make an anchor. */
  async drop(pose: Pose, make: () => Promise<XRAnchor> | undefined): Promise<void> {
    this.lift();
    const turn = this.turn;
    this.seen = pose;
    this.offset = offsetFrom(pose, this.rig);
    try {
      const anchor = await make();
      if (!anchor) return;
      if (turn !== this.turn) return anchor.delete();
      this.anchor = anchor;
      await this.remember(anchor, turn);
    } catch {
      // no anchors here, or not at this place: it stands where it was put
    }
  }

  /** The anchor is given up; the rig stays. */
  lift(): void {
    this.turn++;
    this.anchor?.delete();
    if (this.handle !== "") void this.session.deletePersistentAnchor?.(this.handle).catch(() => undefined);
    if (this.handle !== "") save(null);
    Object.assign(this, { anchor: null, offset: null, seen: null, handle: "" });
  }

  /** The rig goes with the anchor. False: there is none, or the device does not know where it is just now. */
  follow(frame: XRFrame, space: XRReferenceSpace): boolean {
    if (!this.anchor || !this.offset) return false;
    const pose = frame.getPose(this.anchor.anchorSpace, space);
    if (!pose) return false;
    this.seen = pose.transform;
    follow(pose.transform, this.offset, this.rig);
    return true;
  }

  /** The rig was turned or resized where it stands: it keeps its anchor, and stands otherwise to it. */
  adjust(): void {
    if (!this.seen) return;
    this.offset = offsetFrom(this.seen, this.rig);
    this.keep();
  }

  private async remember(anchor: XRAnchor, turn: number): Promise<void> {
    const handle = await anchor.requestPersistentHandle?.();
    if (!handle || turn !== this.turn) return;
    this.handle = handle;
    this.keep();
  }

  private keep(): void {
    if (this.handle === "" || !this.offset) return;
    save({ handle: this.handle, offset: this.offset, scale: this.rig.scale } satisfies Kept);
  }
}
