// Owns where the cluster stands in the visitor's room: a place on his floor, a turn about the vertical, a scale. Moving the
// visitor (teleport, turn) and moving the cluster (grab) are both changes of this one thing, because the headset alone
// says where the visitor is. Pure: numbers in, numbers out. Used by session; three is told in one place.
//
//   room = at + scale * turn(yaw) * model        metres, y up; turn(yaw) takes +z towards +x, as rotation.y does in three

export interface Point {
  x: number;
  y: number;
  z: number;
}

/** A table-top of 11 cm, and twice as large as life. */
export const SCALES = { least: 0.05, most: 2 } as const;
/** Within this of life size, and this near the floor, it becomes exactly so. */
const SNAP = { scale: 0.06, floor: 0.08 } as const;
/** Metres: hands nearer to each other than this say nothing about a direction. */
const APART = 0.02;

export class Rig {
  x = 0;
  y = 0;
  z = 0;
  yaw = 0;
  scale = 1;
  /** The height of the floor; another than 0 only where the device has guessed it. */
  floor = 0;

  /** Life size on the floor: the room is the real one. */
  get trueSize(): boolean {
    return this.scale === 1 && Math.abs(this.y - this.floor) <= SNAP.floor;
  }

  /** Model -> room. */
  toRoom(model: Readonly<Point>, out: Point): Point {
    const [c, s] = [Math.cos(this.yaw), Math.sin(this.yaw)];
    const { x, y, z } = model;
    out.x = this.x + this.scale * (c * x + s * z);
    out.y = this.y + this.scale * y;
    out.z = this.z + this.scale * (c * z - s * x);
    return out;
  }

  /** Room -> model. */
  toModel(room: Readonly<Point>, out: Point): Point {
    const [c, s] = [Math.cos(this.yaw), Math.sin(this.yaw)];
    const [x, z] = [(room.x - this.x) / this.scale, (room.z - this.z) / this.scale];
    out.x = c * x - s * z;
    out.y = (room.y - this.y) / this.scale;
    out.z = s * x + c * z;
    return out;
  }

  /** A direction, not its length: room -> model. */
  toModelDirection(room: Readonly<Point>, out: Point): Point {
    const [c, s] = [Math.cos(this.yaw), Math.sin(this.yaw)];
    const { x, y, z } = room;
    out.x = c * x - s * z;
    out.y = y;
    out.z = s * x + c * z;
    return out;
  }

  /** The visitor turns by `angle` (left is positive) where he stands: the room turns the other way about his head. */
  turn(angle: number, head: Readonly<Point>): void {
    const [c, s] = [Math.cos(-angle), Math.sin(-angle)];
    const [x, z] = [this.x - head.x, this.z - head.z];
    this.x = head.x + c * x + s * z;
    this.z = head.z + c * z - s * x;
    this.yaw = wrapped(this.yaw - angle);
  }

  /** The visitor stands where `foot` (a point of the room) was. Heights stay. */
  teleport(foot: Readonly<Point>, head: Readonly<Point>): void {
    this.x += head.x - foot.x;
    this.z += head.z - foot.z;
  }

  /** Life size, on the floor, its south side `away` metres before the visitor, who looks along `yaw`. */
  face(head: Readonly<Point>, looks: number, away: number): void {
    this.scale = 1;
    this.y = this.floor;
    // The south face looks along +z of the model; it must look at the visitor, who looks along -z when `looks` is 0.
    this.yaw = wrapped(looks);
    this.x = head.x - Math.sin(looks) * away;
    this.z = head.z - Math.cos(looks) * away;
  }

  /** On a table: `scale` of its size, standing at a point of the room. */
  set(at: Readonly<Point>, scale: number): void {
    this.scale = clamp(scale);
    this.x = at.x;
    this.y = at.y;
    this.z = at.z;
  }

  /** Let go: what is nearly life size on the floor is exactly that. */
  settle(): void {
    if (Math.abs(this.scale - 1) > SNAP.scale || Math.abs(this.y - this.floor) > SNAP.floor) return;
    this.scale = 1;
    this.y = this.floor;
  }
}

/** What two hands (or one) hold: the points of the model that were under them when they closed stay under them. */
export class Grab {
  private readonly rig: Rig;
  private readonly held: Point[];
  private readonly middle: Point = { x: 0, y: 0, z: 0 };
  private readonly at: Point = { x: 0, y: 0, z: 0 };

  /** `hands`: one or two points of the room. */
  constructor(rig: Rig, hands: readonly Readonly<Point>[]) {
    this.rig = rig;
    this.held = hands.map((hand) => rig.toModel(hand, { x: 0, y: 0, z: 0 }));
  }

  get hands(): number {
    return this.held.length;
  }

  /** The hands are here now. One hand carries; two carry, turn and scale. */
  move(hands: readonly Readonly<Point>[]): void {
    const [one, two] = this.held;
    const [left, right] = hands;
    if (!one || !left) return;
    if (two && right) this.stretch(one, two, left, right);
    mean(one, two, this.middle);
    mean(left, two ? right : undefined, this.at);
    const was = this.rig.toRoom(this.middle, { x: 0, y: 0, z: 0 });
    this.rig.x += this.at.x - was.x;
    this.rig.y += this.at.y - was.y;
    this.rig.z += this.at.z - was.z;
  }

  private stretch(one: Point, two: Point, left: Readonly<Point>, right: Readonly<Point>): void {
    const held = Math.hypot(two.x - one.x, two.y - one.y, two.z - one.z);
    const now = Math.hypot(right.x - left.x, right.y - left.y, right.z - left.z);
    if (held * this.rig.scale < APART || now < APART) return;
    this.rig.scale = clamp(now / held);
    const across = Math.hypot(two.x - one.x, two.z - one.z);
    if (across * this.rig.scale < APART || Math.hypot(right.x - left.x, right.z - left.z) < APART) return; // one above the other
    this.rig.yaw = wrapped(Math.atan2(right.x - left.x, right.z - left.z) - Math.atan2(two.x - one.x, two.z - one.z));
  }
}

function mean(a: Readonly<Point>, b: Readonly<Point> | undefined, out: Point): void {
  out.x = b ? (a.x + b.x) / 2 : a.x;
  out.y = b ? (a.y + b.y) / 2 : a.y;
  out.z = b ? (a.z + b.z) / 2 : a.z;
}

function clamp(scale: number): number {
  return Math.min(SCALES.most, Math.max(SCALES.least, scale));
}

function wrapped(angle: number): number {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}
