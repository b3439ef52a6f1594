// Owns a visit, in the hall or in one's own room: it enters and leaves, and says in which order a frame goes. The cluster's place
// is rig's; how hands move it is moving's, what they mean pointing's, how it stays in a real room ownroom's; what is drawn is
// pointers', board's and menu's. Made by door at the first visit; scene calls frame() while it lasts.

import { ask, granted, handheld, present, type Kind } from "./entering";
import { HangingBoard, hangMenu } from "./hanging";
import { Menu, PADS, ROOM_PADS, type Pad } from "./menu";
import { Moving } from "./moving";
import { Overlay } from "./overlay";
import { OwnRoom } from "./ownroom";
import { PeopleInRoom } from "./people";
import { Pointers } from "./pointers";
import { Pointing } from "./pointing";
import { Reticle } from "./reticle";
import { Rig, type Point } from "./rig";
import type { Says, VrOptions } from "./stage";
import { SIZES } from "./surface";
import { Visitor } from "./visitor";

/** Metres before the visitor at the beginning. */
const BEGIN_AWAY = 2.1;
const TABLE = { away: 0.8, high: 0.72 } as const;

export class VrSession {
  private readonly options: VrOptions;
  private readonly rig = new Rig();
  private readonly visitor = new Visitor();
  private readonly moving: Moving;
  private readonly pointing: Pointing;
  private readonly pointers = new Pointers();
  private readonly board: HangingBoard;
  private readonly menu = new Menu();
  private readonly reticle: Reticle;
  private readonly people: PeopleInRoom;
  private readonly at: Point = { x: 0, y: 0, z: 0 };
  private session: XRSession | null = null;
  /** Null in the hall. */
  private own: OwnRoom | null = null;
  private overlay: Overlay | null = null;
  private last = -1;
  private begun = false;

  constructor(options: VrOptions) {
    const { stage, state, socket, name, card } = options;
    this.options = options;
    this.moving = new Moving(this.rig, stage.racks);
    this.pointing = new Pointing(state, stage.places, this.rig);
    this.board = new HangingBoard(state, stage.places, card);
    this.people = new PeopleInRoom(socket, name);
    this.reticle = new Reticle(stage.racks);
  }

  /** Throws what the browser throws when it will not enter, which has a sentence. */
  async enter(kind: Kind): Promise<void> {
    const { renderer, world, room, floor } = this.options.stage;
    const overlay = kind === "immersive-ar" ? new Overlay((pad) => this.press(pad)) : null;
    const session = await ask(kind, overlay?.root ?? null).catch((error: unknown) => {
      overlay?.close();
      throw error;
    });
    Object.assign(this, { session, overlay, begun: false, last: -1 });
    this.listen(session);
    await present(session, renderer).catch(async (error: unknown) => {
      await this.leave();
      throw error;
    });
    if (this.session !== session) return; // it has ended already
    this.own = overlay && new OwnRoom(session, this.rig, this.reticle);
    if (overlay && handheld(session) && granted(session, "dom-overlay")) overlay.show();
    floor.visible = this.own === null;
    world.add(this.pointers.group, this.board.mesh, this.menu.mesh, this.reticle.group);
    room.add(this.people.group);
    this.people.enter();
  }

  async leave(): Promise<void> {
    await this.session?.end();
  }

  get inside(): boolean {
    return this.session !== null;
  }

  /** For tests and the curious: what the hands mean just now, and what the board says. */
  get says(): Says {
    const hands = [...this.visitor.hands.keys()].map((source) => {
      const { row, on } = this.pointing.of(source);
      return { handedness: source.handedness, row, on };
    });
    return { hands, board: this.board.says, landing: this.moving.aims, rig: this.rig,
      turning: this.moving.steps ? "steps" : "smooth", others: this.people.others.count, room: this.own?.says ?? null };
  }

  /** Before each drawn frame of the visit. */
  frame(frame: XRFrame): void {
    const space = this.options.stage.renderer.xr.getReferenceSpace();
    const viewer = space && frame.getViewerPose(space);
    if (!this.session || !space || !viewer) return; // the headset has lost itself: nothing moves
    const now = this.options.now();
    const seconds = this.last < 0 ? 0 : (now - this.last) / 1000;
    this.last = now;
    const { visitor, moving } = this;
    visitor.see(viewer);
    if (!this.begun) this.begin();
    visitor.seeHands(this.session, frame, space);
    const { own } = this;
    const jumped = own ? own.update({ frame, space, visitor, seconds, held: moving.gripping.size > 0 }) : moving.walk(visitor, seconds, this.pointers);
    if (jumped) this.board.again();
    this.buttons();
    if (own?.placing) moving.drop();
    else moving.carry(visitor, this.pointing, now);
    const reads = !own?.placing && !this.overlay?.shown; // a phone shows the page's own panel
    this.board.update(reads ? this.options.selectedRow() : -1, visitor, this.rig, now);
    this.point();
    this.put();
    if (!own?.placing) this.people.tell(this.rig, visitor.head, visitor.turned, visitor.hands.values(), now);
    this.people.update(1000 * seconds, this.rig.toModel(visitor.head, this.at), this.rig.scale);
  }

  private listen(session: XRSession): void {
    const { moving } = this;
    session.addEventListener("end", () => this.left());
    session.addEventListener("selectstart", ({ inputSource }) => {
      if (this.visitor.hands.has(inputSource)) moving.press(inputSource, this.options.now()); // a finger on a screen holds nothing
    });
    session.addEventListener("select", (event) => this.select(event));
    session.addEventListener("selectend", ({ inputSource }) => moving.release(inputSource));
    session.addEventListener("squeezestart", ({ inputSource }) => moving.hold(inputSource));
    session.addEventListener("squeezeend", ({ inputSource }) => moving.let(inputSource));
    session.addEventListener("inputsourceschange", ({ removed }) => {
      for (const source of removed) this.forget(source);
    });
  }

  private begin(): void {
    this.begun = true;
    this.rig.floor = 0;
    this.rig.face(this.visitor.head, this.visitor.heading, BEGIN_AWAY);
  }

  private buttons(): void {
    for (const hand of this.visitor.hands.values()) {
      if (hand.press(0)) this.press("life");
      if (hand.press(1)) this.press("table");
    }
  }

  private point(): void {
    hangMenu(this.menu.mesh, this.visitor);
    const [pads, selected] = [this.own ? ROOM_PADS : PADS, this.options.selectedRow()];
    const among = { menu: this.menu.mesh, board: this.board.mesh, pads, pis: !this.own?.placing, selected, gripping: this.moving.gripping };
    this.menu.show(pads, this.pointing.update(this.visitor, among, this.pointers), this.moving.steps);
  }

  private select({ inputSource, frame }: XRInputSourceEvent): void {
    if (this.moving.gripping.has(inputSource)) return; // it was a grab
    const { row, pad, on } = this.pointing.of(inputSource);
    const hand = this.visitor.hands.get(inputSource);
    hand?.knock();
    if (pad) this.press(pad);
    else if (this.own?.placing) this.own.place(inputSource);
    else if (!hand) this.tap(inputSource, frame);
    else if (on !== "board") this.options.choose(row);
  }

  private tap(source: XRInputSource, frame: XRFrame): void {
    const space = this.options.stage.renderer.xr.getReferenceSpace();
    const ray = space && frame.getPose(source.targetRaySpace, space);
    if (ray) this.options.choose(this.pointing.tapped(ray.transform, this.options.selectedRow()));
  }

  private press(pad: Pad): void {
    const { rig, moving, own } = this;
    const { head, heading } = this.visitor;
    this.board.again();
    if (pad === "leave") void this.leave();
    else if (pad === "turning") moving.steps = !moving.steps;
    else if (pad === "elsewhere") own?.again();
    else if (own) own.size(pad);
    else if (pad === "life") rig.face(head, heading, BEGIN_AWAY);
    else {
      rig.yaw = heading;
      rig.set({ x: head.x - Math.sin(heading) * TABLE.away, y: TABLE.high, z: head.z - Math.cos(heading) * TABLE.away }, SIZES.table);
    }
  }

  private forget(source: XRInputSource): void {
    this.visitor.forget(source);
    this.pointing.forget(source);
    this.moving.release(source);
    this.own?.forget(source);
  }

  /** The cluster goes where the rig says. */
  private put(): void {
    const { room } = this.options.stage;
    room.position.set(this.rig.x, this.rig.y, this.rig.z);
    room.rotation.y = this.rig.yaw;
    room.scale.setScalar(this.rig.scale);
    if (!this.own) return;
    room.visible = !this.own.placing;
    this.overlay?.tell(this.own.placing, this.own.found);
  }

  private left(): void {
    const { renderer, world, room, floor } = this.options.stage;
    renderer.xr.enabled = false;
    world.remove(this.pointers.group, this.board.mesh, this.menu.mesh, this.reticle.group);
    room.remove(this.people.group);
    this.people.leave();
    for (const source of [...this.visitor.hands.keys()]) this.forget(source);
    this.moving.drop();
    this.own?.close();
    this.overlay?.close();
    this.session = this.own = this.overlay = null;
    this.board.again();
    room.visible = floor.visible = true;
    room.position.set(0, 0, 0);
    room.rotation.y = 0;
    room.scale.setScalar(1);
    this.options.ended();
  }
}
