// Owns a visit in the headset: it enters and leaves, reads the hands each frame and says what follows (select, jump, turn,
// grab, menu). The cluster's place in the room is rig's; what a hand means is aim's; what is drawn is pointers', board's and
// menu's. Made by main on the first visit; scene calls frame() while it lasts.

import { Matrix4, Plane, Quaternion, Vector3, type Object3D, type WebGLRenderer } from "three";
import type { Places, Place } from "../scene/place";
import type { Talker } from "../socket";
import type { State } from "../state";
import { Aim, type Aimed } from "./aim";
import { BOARD, Board } from "./board";
import { rangeOfTime, type CardSource } from "./source";
import { Hand, forward } from "./hand";
import { free, jump, type Footprint, type Landing } from "./jump";
import { Menu, padAt, type Pad } from "./menu";
import { PeopleInRoom } from "./people";
import { Pointers } from "./pointers";
import { Grab, Rig, type Point } from "./rig";

/** What the scene lends to a visit. `room` holds the whole cluster: the rig moves it. `world` is the visitor's room. */
export interface Stage {
  readonly renderer: WebGLRenderer;
  readonly world: Object3D;
  readonly room: Object3D;
  readonly places: Places;
  readonly racks: Footprint;
}

export interface VrOptions {
  readonly stage: Stage;
  readonly state: State;
  readonly now: () => number;
  readonly selectedRow: () => number;
  /** -1 = nobody. */
  readonly choose: (row: number) => void;
  readonly card: CardSource;
  readonly socket: Talker;
  /** What others read over one's head; "" = the server thinks of one. */
  readonly name: string;
  readonly ended: () => void;
}

/** Milliseconds that a pinch on nothing lasts until it is a grab. */
const HOLD_MS = 250;
const SLACK = 0.0015;
/** Metres before the visitor at the beginning, and of the board before the selected Pi. */
const BEGIN_AWAY = 2.1;
const BOARD_AWAY = 0.75;
const TABLE = { scale: 0.25, away: 0.8, high: 0.72 } as const;
const STEPS_KEY = "twin.vr.steps";

export class VrSession {
  readonly rig = new Rig();
  private readonly options: VrOptions;
  private readonly aim: Aim;
  private readonly pointers = new Pointers();
  private readonly board = new Board();
  private readonly menu = new Menu();
  private readonly people: PeopleInRoom;
  private readonly hands = new Map<XRInputSource, Hand>();
  private readonly aimed = new Map<XRInputSource, { row: number; pad: Pad | null; on: "pi" | "pad" | "board" | "nothing" }>();
  private readonly pressed = new Map<XRInputSource, number>();
  private readonly gripping = new Set<XRInputSource>();
  private readonly head: Point = { x: 0, y: 1.6, z: 0 };
  private readonly looking: Point = { x: 0, y: 0, z: -1 };
  private readonly turned = { x: 0, y: 0, z: 0, w: 1 };
  private readonly found: Aimed = { row: -1, along: Infinity };
  private readonly modelFrom: Point = { x: 0, y: 0, z: 0 };
  private readonly modelWay: Point = { x: 0, y: 0, z: -1 };
  private readonly landing: Landing = { at: { x: 0, y: 0, z: 0 }, good: false };
  private readonly place: Place = { x: 0, y: 0, z: 0, yaw: 0 };
  private readonly plane = new Plane();
  private readonly scratch = { a: new Vector3(), b: new Vector3(), c: new Vector3(), turn: new Quaternion(), inverse: new Matrix4() };
  private session: XRSession | null = null;
  private grab: Grab | null = null;
  private shownRow = -1;
  private last = -1;
  private begun = false;
  private steps = false;

  constructor(options: VrOptions) {
    this.options = options;
    this.aim = new Aim(options.stage.places);
    this.people = new PeopleInRoom(options.socket, options.name);
    try {
      this.steps = localStorage.getItem(STEPS_KEY) === "1";
    } catch {
      this.steps = false; // a page without storage forgets it
    }
  }

  /** Throws what the browser throws when it will not enter, which has a sentence. */
  async enter(): Promise<void> {
    const xr = navigator.xr;
    if (!xr) throw new Error("This browser has no WebXR.");
    const session = await xr.requestSession("immersive-vr", { optionalFeatures: ["local-floor", "hand-tracking"] });
    this.session = session;
    this.begun = false;
    this.last = -1;
    const { renderer, world } = this.options.stage;
    renderer.xr.setReferenceSpaceType(session.enabledFeatures?.includes("local-floor") === false ? "local" : "local-floor");
    renderer.xr.enabled = true;
    session.addEventListener("end", () => this.left());
    session.addEventListener("selectstart", (event) => this.pressed.set(event.inputSource, this.options.now()));
    session.addEventListener("select", (event) => this.select(event.inputSource));
    session.addEventListener("selectend", (event) => {
      this.pressed.delete(event.inputSource);
      this.let(event.inputSource);
    });
    session.addEventListener("squeezestart", (event) => this.hold(event.inputSource));
    session.addEventListener("squeezeend", (event) => this.let(event.inputSource));
    session.addEventListener("inputsourceschange", (event) => {
      for (const source of event.removed) this.forget(source);
    });
    await renderer.xr.setSession(session);
    renderer.xr.setFoveation(1);
    world.add(this.pointers.group, this.board.mesh, this.menu.mesh);
    this.options.stage.room.add(this.people.group);
    this.people.enter();
  }

  async leave(): Promise<void> {
    await this.session?.end();
  }

  get inside(): boolean {
    return this.session !== null;
  }

  /** For tests and the curious: what the hands mean just now, and what the board says. */
  get says(): { hands: { handedness: string; row: number; on: string }[]; board: string; landing: boolean; rig: Rig; turning: string; others: number } {
    const hands = [...this.hands.values()].map(({ source }) => {
      const { row, on } = this.aimed.get(source) ?? { row: -1, on: "nothing" };
      return { handedness: source.handedness, row, on };
    });
    return { hands, board: this.board.mesh.visible ? this.board.says : "", landing: this.landing.good, rig: this.rig, turning: this.steps ? "steps" : "smooth",
      others: this.people.others.count };
  }

  /** Before each drawn frame of the visit. */
  frame(frame: XRFrame): void {
    const space = this.options.stage.renderer.xr.getReferenceSpace();
    const viewer = space && frame.getViewerPose(space);
    if (!this.session || !space || !viewer) return; // the headset has lost itself: nothing moves
    const now = this.options.now();
    const seconds = this.last < 0 ? 0 : (now - this.last) / 1000;
    this.last = now;
    Object.assign(this.head, { x: viewer.transform.position.x, y: viewer.transform.position.y, z: viewer.transform.position.z });
    const { x, y, z, w } = viewer.transform.orientation;
    Object.assign(this.turned, { x, y, z, w });
    forward(this.turned, this.looking);
    if (!this.begun) this.begin();
    this.seeHands(frame, space);
    this.walk(seconds);
    this.carry(now);
    this.tell(now);
    this.point();
    this.put();
    this.people.tell(this.rig, this.head, this.turned, this.hands.values(), now);
    this.people.update(1000 * seconds, this.rig.toModel(this.head, this.modelFrom), this.rig.scale);
  }

  private begin(): void {
    this.begun = true;
    this.rig.face(this.head, this.heading, BEGIN_AWAY);
  }

  /** Yaw that the visitor looks along; 0 is -z. */
  private get heading(): number {
    return Math.atan2(-this.looking.x, -this.looking.z);
  }

  private seeHands(frame: XRFrame, space: XRReferenceSpace): void {
    for (const source of this.session!.inputSources) {
      if (source.targetRayMode !== "tracked-pointer") continue;
      let hand = this.hands.get(source);
      if (!hand) this.hands.set(source, (hand = new Hand(source)));
      hand.update(frame, space);
    }
  }

  private walk(seconds: number): void {
    let aims: Hand | null = null;
    for (const hand of this.hands.values()) {
      const jumps = hand.stick.jumps(hand.stickX, hand.stickY);
      if (hand.stick.aiming || jumps) aims = hand;
      if (hand.stick.aiming || jumps) this.throwFrom(hand);
      if (jumps && this.landing.good) {
        this.rig.teleport(this.landing.at, this.head);
        this.shownRow = -1; // the board comes along
      }
      const turn = hand.stick.turn(hand.stickX, seconds, this.steps);
      if (turn !== 0) this.rig.turn(turn, this.head);
      if (hand.press(0)) this.press("life");
      if (hand.press(1)) this.press("table");
      if (jumps) aims = null;
    }
    if (!aims) this.landing.good = false;
    this.pointers.jump(aims ? this.landing.at : null, this.landing.good);
  }

  private throwFrom(hand: Hand): void {
    jump(hand.from, hand.direction, this.pointers.arcPoints, this.landing);
    this.landing.good &&= free(this.landing.at, this.rig, this.options.stage.racks);
  }

  private carry(now: number): void {
    for (const [source, since] of this.pressed) {
      if (now - since > HOLD_MS && this.aimed.get(source)?.on === "nothing") this.hold(source);
    }
    const holding = [...this.hands.values()].filter(({ source, held, aimed }) => this.gripping.has(source) && (held || aimed)).slice(0, 2);
    if (holding.length === 0) return;
    const points = holding.map(({ grip }) => grip);
    if (this.grab?.hands !== holding.length) this.grab = new Grab(this.rig, points);
    const stays = holding.length === 1 && this.rig.trueSize;
    this.grab.move(points);
    if (stays) this.rig.y = 0; // one hand pulls the floor along, never through it
  }

  private point(): void {
    const { state, selectedRow } = this.options;
    const { rig } = this;
    const row = selectedRow();
    let i = 0;
    this.placeMenu();
    let hovered: Pad | null = null;
    for (const hand of this.hands.values()) {
      const pad = hand.left ? null : this.padOf(hand);
      let along = pad ? pad.along : Infinity;
      const board = pad ? Infinity : this.onPlane(this.board.mesh, hand, BOARD.width, BOARD.height);
      rig.toModel(hand.from, this.modelFrom);
      rig.toModelDirection(hand.direction, this.modelWay);
      if (!pad && hand.aimed) this.aim.ray(state, this.modelFrom, this.modelWay, row, SLACK, this.found);
      else this.found.row = -1;
      let met = this.found.row;
      if (met >= 0) along = this.found.along * rig.scale;
      if (board < along) [met, along] = [-1, board];
      const touched = hand.hasTip && !pad ? this.aim.touch(state, rig.toModel(hand.tip, this.modelFrom), row) : -1;
      if (touched >= 0) [met, along] = [touched, 0];
      hovered = pad?.pad ?? hovered;
      const on = pad ? "pad" : met >= 0 ? "pi" : board === along && along < Infinity ? "board" : "nothing";
      const was = this.aimed.get(hand.source);
      if (was) Object.assign(was, { row: met, pad: pad?.pad ?? null, on });
      else this.aimed.set(hand.source, { row: met, pad: pad?.pad ?? null, on });
      if (i < 2) this.pointers.laser(i++, hand, along, !hand.stick.aiming && touched < 0 && !this.gripping.has(hand.source));
    }
    for (; i < 2; i++) this.pointers.laser(i, undefined, Infinity, false);
    this.menu.show(hovered, this.steps);
  }

  private select(source: XRInputSource): void {
    if (this.gripping.has(source)) return; // it was a grab
    const { row, pad, on } = this.aimed.get(source) ?? { row: -1, pad: null, on: "nothing" };
    if (pad) this.press(pad);
    else if (on !== "board") this.options.choose(row);
  }

  private press(pad: Pad): void {
    if (pad === "life") this.rig.face(this.head, this.heading, BEGIN_AWAY);
    else if (pad === "table") {
      const heading = this.heading;
      this.rig.yaw = heading;
      this.rig.set({ x: this.head.x - Math.sin(heading) * TABLE.away, y: TABLE.high, z: this.head.z - Math.cos(heading) * TABLE.away }, TABLE.scale);
    } else if (pad === "turning") this.turning(!this.steps);
    else void this.leave();
    this.shownRow = -1;
  }

  private turning(steps: boolean): void {
    this.steps = steps;
    try {
      localStorage.setItem(STEPS_KEY, steps ? "1" : "0");
    } catch {
      // it holds for this visit
    }
  }

  private hold(source: XRInputSource): void {
    if (this.gripping.has(source)) return;
    this.gripping.add(source);
    this.grab = null; // anchored anew, with one hand more
  }

  private let(source: XRInputSource): void {
    if (!this.gripping.delete(source)) return;
    this.grab = null;
    if (this.gripping.size === 0) this.rig.settle();
  }

  private forget(source: XRInputSource): void {
    this.hands.get(source)?.stick.reset();
    this.hands.delete(source);
    this.aimed.delete(source);
    this.pressed.delete(source);
    this.let(source);
  }

  /** The cluster goes where the rig says. */
  private put(): void {
    const { room } = this.options.stage;
    room.position.set(this.rig.x, this.rig.y, this.rig.z);
    room.rotation.y = this.rig.yaw;
    room.scale.setScalar(this.rig.scale);
  }

  private tell(now: number): void {
    const { state, selectedRow, card, stage } = this.options;
    const row = selectedRow();
    if (row !== this.shownRow) {
      this.shownRow = row;
      this.board.forget();
      this.board.mesh.visible = row >= 0 && stage.places.of(state, row, this.place);
      if (this.board.mesh.visible) this.placeBoard();
    }
    if (!this.board.mesh.visible) return;
    const { from, to } = rangeOfTime(card, now);
    this.board.show(card.card(row), card.charts(row), from, to, now);
  }

  /** Between the eye and the Pi, a little to the side, upright and facing the eye; it stays there until another is chosen. */
  private placeBoard(): void {
    const { a, b } = this.scratch;
    const at = this.rig.toRoom(this.place, this.modelFrom);
    a.set(at.x - this.head.x, 0, at.z - this.head.z);
    const away = a.length();
    if (away < 1e-3) a.set(0, 0, -1);
    a.normalize();
    const near = Math.min(BOARD_AWAY, Math.max(0.45, away - 0.15));
    b.set(-a.z, 0, a.x); // to the right of the way there
    const aside = 0.45;
    this.board.mesh.position.set(
      this.head.x + a.x * near + b.x * aside,
      Math.max(0.6, Math.min(this.head.y - 0.08, this.head.y + (at.y - this.head.y) * 0.5)),
      this.head.z + a.z * near + b.z * aside,
    );
    this.board.mesh.lookAt(this.head.x, this.board.mesh.position.y, this.head.z);
    this.board.mesh.updateMatrixWorld();
  }

  private placeMenu(): void {
    const left = [...this.hands.values()].find((hand) => hand.left && hand.held);
    this.menu.mesh.visible = left !== undefined;
    if (!left) return;
    const { a, turn } = this.scratch;
    turn.set(left.turned.x, left.turned.y, left.turned.z, left.turned.w);
    a.set(0, 0.07, -0.02).applyQuaternion(turn);
    this.menu.mesh.position.set(left.grip.x + a.x, left.grip.y + a.y, left.grip.z + a.z);
    this.menu.mesh.lookAt(this.head.x, this.head.y, this.head.z);
    this.menu.mesh.updateMatrixWorld();
  }

  private padOf(hand: Hand): { pad: Pad; along: number } | null {
    const along = this.onPlane(this.menu.mesh, hand, Infinity, Infinity);
    if (along === Infinity) return null;
    const pad = padAt(this.scratch.c.x, this.scratch.c.y);
    return pad && { pad, along };
  }

  /** Metres to a plane of that size, Infinity when the ray misses it. The point on it is left in scratch.c. */
  private onPlane(mesh: Object3D, hand: Hand, width: number, height: number): number {
    if (!mesh.visible || !hand.aimed) return Infinity;
    const { a, b, c, inverse } = this.scratch;
    this.plane.setFromNormalAndCoplanarPoint(a.set(0, 0, 1).transformDirection(mesh.matrixWorld), b.setFromMatrixPosition(mesh.matrixWorld));
    const facing = a.x * hand.direction.x + a.y * hand.direction.y + a.z * hand.direction.z;
    if (facing > -1e-6) return Infinity;
    const along = -(a.x * hand.from.x + a.y * hand.from.y + a.z * hand.from.z + this.plane.constant) / facing;
    if (along <= 0) return Infinity;
    c.set(hand.from.x + hand.direction.x * along, hand.from.y + hand.direction.y * along, hand.from.z + hand.direction.z * along);
    c.applyMatrix4(inverse.copy(mesh.matrixWorld).invert());
    return Math.abs(c.x) <= width / 2 && Math.abs(c.y) <= height / 2 ? along : Infinity;
  }

  private left(): void {
    const { renderer, world, room } = this.options.stage;
    this.session = null;
    renderer.xr.enabled = false;
    world.remove(this.pointers.group, this.board.mesh, this.menu.mesh);
    room.remove(this.people.group);
    this.people.leave();
    for (const source of [...this.hands.keys()]) this.forget(source);
    this.gripping.clear();
    this.grab = null;
    this.shownRow = -1;
    room.position.set(0, 0, 0);
    room.rotation.y = 0;
    room.scale.setScalar(1);
    this.options.ended();
  }
}
