// Owns what each hand means in this frame: a pad of the menu, the board, a Pi, or nothing; whichever its ray meets first, or
// its finger touches. Which Pi that is, is aim's; the lasers are pointers'. Called by session each frame, read at a trigger.

import { Matrix4, Plane, Vector3, type Object3D } from "three";
import type { Places } from "../scene/place";
import type { State } from "../state";
import { Aim, type Aimed } from "./aim";
import { rotated } from "./anchored";
import { BOARD } from "./board";
import { forward, type Hand } from "./hand";
import { padAt, type Pad } from "./menu";
import type { Pointers } from "./pointers";
import type { Point, Rig } from "./rig";
import type { Visitor } from "./visitor";

/** `row` -1: no Pi. */
export interface Meaning {
  row: number;
  pad: Pad | null;
  on: "pi" | "pad" | "board" | "nothing";
}

/** What can be meant. `menu` and `board` count while they are visible; `pis` false = the cluster is not there. */
export interface Among {
  readonly menu: Object3D;
  readonly board: Object3D;
  readonly pads: readonly Pad[];
  readonly pis: boolean;
  readonly selected: number;
  readonly gripping: ReadonlySet<XRInputSource>;
}

const NOTHING: Readonly<Meaning> = { row: -1, pad: null, on: "nothing" };
const SLACK = 0.0015;
/** Radians that a finger may miss by, some 7 pixels of a phone: right there, then to the four sides. */
const MISS = 0.008;
const MISSES = [[0, 0], [MISS, 0], [-MISS, 0], [0, MISS], [0, -MISS]] as const;

export class Pointing {
  private readonly state: State;
  private readonly rig: Rig;
  private readonly aim: Aim;
  private readonly meanings = new Map<XRInputSource, Meaning>();
  private readonly found: Aimed = { row: -1, along: Infinity };
  private readonly from: Point = { x: 0, y: 0, z: 0 };
  private readonly way: Point = { x: 0, y: 0, z: -1 };
  private readonly plane = new Plane();
  private readonly scratch = { a: new Vector3(), b: new Vector3(), on: new Vector3(), inverse: new Matrix4() };

  constructor(state: State, places: Places, rig: Rig) {
    this.state = state;
    this.rig = rig;
    this.aim = new Aim(places);
  }

  of(source: XRInputSource): Readonly<Meaning> {
    return this.meanings.get(source) ?? NOTHING;
  }

  forget(source: XRInputSource): void {
    this.meanings.delete(source);
  }

  /** All hands, and their lasers. The pad that one of them is on. */
  update(visitor: Visitor, among: Among, pointers: Pointers): Pad | null {
    let i = 0;
    let hovered: Pad | null = null;
    for (const hand of visitor.hands.values()) {
      let meaning = this.meanings.get(hand.source);
      if (!meaning) this.meanings.set(hand.source, (meaning = { ...NOTHING }));
      const along = this.read(hand, among, meaning);
      hovered = meaning.pad ?? hovered;
      if (i < 2) pointers.laser(i++, hand, along, !hand.stick.aiming && along > 0 && !among.gripping.has(hand.source));
    }
    for (; i < 2; i++) pointers.laser(i, undefined, Infinity, false);
    return hovered;
  }

  /** The Pi under a tap on a screen, whose ray begins in the camera; -1 = none. A finger may miss it by a little. */
  tapped(ray: XRRigidTransform, selected: number): number {
    const { x, y, z, w } = ray.orientation;
    const straight = forward({ x, y, z, w }, { x: 0, y: 0, z: 0 });
    for (const [right, up] of MISSES) {
      const aside = rotated({ x, y, z, w }, { x: right, y: up, z: 0 });
      const way = { x: straight.x + aside.x, y: straight.y + aside.y, z: straight.z + aside.z };
      const { row } = this.ray(ray.position, way, selected);
      if (row >= 0) return row;
    }
    return -1;
  }

  /** Metres to what the hand means; 0 = it touches it. */
  private read(hand: Hand, among: Among, out: Meaning): number {
    Object.assign(out, NOTHING);
    const pad = hand.left ? Infinity : this.onPlane(among.menu, hand, Infinity, Infinity);
    out.pad = pad < Infinity ? padAt(this.scratch.on.x, this.scratch.on.y, among.pads) : null;
    if (out.pad) {
      out.on = "pad";
      return pad;
    }
    const touched = among.pis && hand.hasTip ? this.aim.touch(this.state, this.rig.toModel(hand.tip, this.from), among.selected) : -1;
    if (touched >= 0) {
      Object.assign(out, { row: touched, on: "pi" });
      return 0;
    }
    const board = this.onPlane(among.board, hand, BOARD.width, BOARD.height);
    const { row, along } = among.pis && hand.aimed ? this.ray(hand.from, hand.direction, among.selected) : { row: -1, along: Infinity };
    if (board < along) out.on = "board";
    else if (row >= 0) Object.assign(out, { row, on: "pi" });
    return Math.min(board, along);
  }

  /** `along` is in metres of the room. */
  private ray(from: Readonly<Point>, direction: Readonly<Point>, selected: number): Aimed {
    const { rig } = this;
    const found = this.aim.ray(this.state, rig.toModel(from, this.from), rig.toModelDirection(direction, this.way), selected, SLACK, this.found);
    found.along *= rig.scale;
    return found;
  }

  /** Metres to a plane of that size, Infinity when the ray misses it. The point on it is left in scratch.on. */
  private onPlane(mesh: Object3D, hand: Hand, width: number, height: number): number {
    if (!mesh.visible || !hand.aimed) return Infinity;
    const { a, b, on, inverse } = this.scratch;
    this.plane.setFromNormalAndCoplanarPoint(a.set(0, 0, 1).transformDirection(mesh.matrixWorld), b.setFromMatrixPosition(mesh.matrixWorld));
    const facing = a.x * hand.direction.x + a.y * hand.direction.y + a.z * hand.direction.z;
    if (facing > -1e-6) return Infinity;
    const along = -(a.x * hand.from.x + a.y * hand.from.y + a.z * hand.from.z + this.plane.constant) / facing;
    if (along <= 0) return Infinity;
    on.set(hand.from.x + hand.direction.x * along, hand.from.y + hand.direction.y * along, hand.from.z + hand.direction.z * along);
    on.applyMatrix4(inverse.copy(mesh.matrixWorld).invert());
    return Math.abs(on.x) <= width / 2 && Math.abs(on.y) <= height / 2 ? along : Infinity;
  }
}
