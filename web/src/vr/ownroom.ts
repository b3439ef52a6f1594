// Owns the cluster in one's own room: where it would be put, that it is put there, and that it stays there. Before it is put down
// it is not shown. Which surface and what size is surface's, the anchor anchorage's. Made by session for each such visit.

import { Anchorage } from "./anchorage";
import type { Pose } from "./anchored";
import { granted } from "./entering";
import type { Hand } from "./hand";
import { Hits } from "./hits";
import type { Reticle } from "./reticle";
import { Rig, type Point } from "./rig";
import { Floor, SIZES, level, onFloor, resize, stand, type Size } from "./surface";
import type { Visitor } from "./visitor";

/** What a frame knows. */
export interface Seen {
  readonly frame: XRFrame;
  readonly space: XRReferenceSpace;
  readonly visitor: Visitor;
  readonly seconds: number;
  /** Hands hold it. */
  readonly held: boolean;
}

interface Target {
  readonly pose: Pose;
  /** Null: the floor itself, of which the device knows nothing more. */
  readonly hit: XRHitTestResult | null;
}

const FLAT = { x: 0, y: 0, z: 0, w: 1 } as const;

export class OwnRoom {
  private readonly rig: Rig;
  private readonly reticle: Reticle;
  private readonly hits: Hits;
  private readonly anchorage: Anchorage;
  private readonly floor = new Floor();
  private readonly floorKnown: boolean;
  private readonly trial = new Rig();
  private begun = false;
  private placed = false;
  private wasHeld = false;
  /** A size that was asked for while it is put down; null = the surface says it. */
  private wish: Size | null = null;
  private asked = false;
  /** The hand whose ray shows where; null = the eyes do. */
  private leads: XRInputSource | null = null;

  constructor(session: XRSession, rig: Rig, reticle: Reticle) {
    this.rig = rig;
    this.reticle = reticle;
    this.hits = new Hits(session);
    this.anchorage = new Anchorage(session, rig);
    this.floorKnown = granted(session, "local-floor");
    if (granted(session, "anchors")) void this.anchorage.restore();
  }

  /** It is being put somewhere, and not shown. */
  get placing(): boolean {
    return !this.placed;
  }

  /** There is a place where it can be put. */
  get found(): boolean {
    return this.reticle.group.visible;
  }

  get says(): { placing: boolean; target: Point | null; size: Size | "own"; anchored: boolean; kept: boolean } {
    const { position } = this.reticle.group;
    const size = (Object.keys(SIZES) as Size[]).find((one) => SIZES[one] === this.rig.scale) ?? "own";
    return { placing: this.placing, target: this.found ? { x: position.x, y: position.y, z: position.z } : null, size,
      anchored: this.anchorage.holds, kept: this.anchorage.kept };
  }

  /** Before hands carry it: the rig goes with the anchor, or the reticle with the hand. True when it was just put down. */
  update(seen: Seen): boolean {
    const { frame, space, visitor, held } = seen;
    this.rig.floor = this.floor.y;
    if (!this.begun) this.begin(visitor);
    if (!held && this.wasHeld && this.placed) this.hold(frame, space, { position: { x: this.rig.x, y: this.rig.y, z: this.rig.z }, orientation: FLAT }, null);
    if (held && !this.wasHeld) this.anchorage.lift();
    this.wasHeld = held;
    if (!held && this.anchorage.follow(frame, space)) this.placed = true;
    if (this.placed && !held && this.rig.trueSize) this.floor.y = this.rig.floor = this.rig.y; // it stands on it
    if (!this.placed) return this.put(seen);
    this.reticle.hide();
    this.turn(visitor, seen.seconds);
    return false;
  }

  /** A trigger, a pinch or a tap while it is being placed. The other hand takes the lead first. */
  place(source: XRInputSource): void {
    if (source.targetRayMode !== "tracked-pointer" || source === this.leads) this.asked = true;
    else this.leads = source;
  }

  /** While it is placed: there in that size. Else the size it will have. */
  size(size: Size): void {
    if (!this.placed) {
      this.wish = size;
      return;
    }
    resize(this.rig, size, this.floor.y);
    this.anchorage.adjust();
  }

  /** It is taken up, to be put somewhere else. */
  again(): void {
    this.anchorage.lift();
    this.placed = this.asked = false;
    this.wish = null;
  }

  forget(source: XRInputSource): void {
    this.hits.forget(source);
    if (this.leads === source) this.leads = null;
  }

  close(): void {
    this.hits.close();
    this.reticle.hide();
  }

  private begin({ head }: Visitor): void {
    this.begun = true;
    this.floor.begin(this.floorKnown, head.y);
  }

  private put({ frame, space, visitor }: Seen): boolean {
    const target = this.target(frame, space, visitor);
    if (!target) {
      this.reticle.hide();
      this.asked = false; // a trigger at nothing is not kept for later
      return false;
    }
    const at = target.pose.position;
    this.floor.met(at.y);
    stand(this.trial, at, this.wish ?? this.floor.sizeOn(at.y), visitor.head);
    this.reticle.show(at, this.trial.yaw, this.trial.scale);
    if (!this.asked) return false;
    Object.assign(this.rig, { yaw: this.trial.yaw });
    this.rig.set(at, this.trial.scale);
    this.hold(frame, space, target.pose, target.hit);
    this.asked = false;
    this.wish = null;
    return (this.placed = true);
  }

  /** A new anchor, at what was met there or else at the bare pose. */
  private hold(frame: XRFrame, space: XRReferenceSpace, pose: Pose, hit: XRHitTestResult | null): void {
    void this.anchorage.drop(pose, () => hit?.createAnchor?.() ?? frame.createAnchor?.(new XRRigidTransform(pose.position, pose.orientation), space));
  }

  /** What the leading hand points at, else what the visitor looks at. A hand also finds the floor where the device sees nothing. */
  private target(frame: XRFrame, space: XRReferenceSpace, visitor: Visitor): Target | null {
    const hand = this.leading(visitor);
    this.leads = hand?.source ?? null;
    const hit = this.hits.first(frame, this.leads);
    if (hit === undefined) return null;
    const pose = hit?.getPose(space)?.transform;
    if (hit && pose) return level(pose) ? { pose, hit } : null;
    if (!hand && this.hits.able) return null; // a phone that has not found a surface yet
    const at = onFloor(hand?.from ?? visitor.head, hand?.direction ?? visitor.looking, this.floor.y);
    return at && { pose: { position: at, orientation: FLAT }, hit: null };
  }

  private leading({ hands }: Visitor): Hand | null {
    const aimed = [...hands.values()].filter((hand) => hand.aimed);
    return aimed.find(({ source }) => source === this.leads) ?? aimed.find((hand) => !hand.left) ?? aimed[0] ?? null;
  }

  /** One walks about in one's own room: a stick turns the cluster where it stands. */
  private turn({ hands }: Visitor, seconds: number): void {
    for (const hand of hands.values()) {
      const turn = hand.stick.turn(hand.stickX, seconds, false);
      if (turn === 0) continue;
      this.rig.yaw += turn;
      this.anchorage.adjust();
    }
  }
}
