// Owns where the visitor is just now: his head, where he looks, and his hands. Reads WebXR once a frame; the rest of a visit
// asks here. Called by session.

import { Hand, forward } from "./hand";
import type { Point } from "./rig";

export class Visitor {
  readonly hands = new Map<XRInputSource, Hand>();
  readonly head: Point = { x: 0, y: 1.6, z: 0 };
  readonly looking: Point = { x: 0, y: 0, z: -1 };
  readonly turned = { x: 0, y: 0, z: 0, w: 1 };

  /** Yaw that he looks along; 0 is -z. */
  get heading(): number {
    return Math.atan2(-this.looking.x, -this.looking.z);
  }

  see(viewer: XRViewerPose): void {
    const { position, orientation } = viewer.transform;
    Object.assign(this.head, { x: position.x, y: position.y, z: position.z });
    Object.assign(this.turned, { x: orientation.x, y: orientation.y, z: orientation.z, w: orientation.w });
    forward(this.turned, this.looking);
  }

  /** A finger on a screen is no hand: it is there for one tap. */
  seeHands(session: XRSession, frame: XRFrame, space: XRReferenceSpace): void {
    for (const source of session.inputSources) {
      if (source.targetRayMode !== "tracked-pointer") continue;
      let hand = this.hands.get(source);
      if (!hand) this.hands.set(source, (hand = new Hand(source)));
      hand.update(frame, space);
    }
  }

  forget(source: XRInputSource): void {
    this.hands.get(source)?.stick.reset();
    this.hands.delete(source);
  }
}
