// Owns the others as they are seen: heads with a visor, hands, and the names of the nearest; and the telling of one's own
// pose, at most twenty times a second. Heads and hands are two instanced meshes, whoever is there. Lives inside the room that
// the rig moves, because everybody's pose is in the cluster's metres. Called by session.

import {
  BoxGeometry, CanvasTexture, InstancedMesh, LinearFilter, Matrix4, Mesh, MeshBasicMaterial, Object3D, PlaneGeometry, Quaternion,
  SphereGeometry, SRGBColorSpace, Vector3, type BufferGeometry,
} from "three";
import { mergeGeometries } from "three/addons/utils/BufferGeometryUtils.js";
import { POSE_HZ, type People, type Pose } from "../protocol.gen";
import type { Talker } from "../socket";
import type { Hand } from "./hand";
import { Others } from "./others";
import { POSE_NUMBERS, decodePoses } from "./poses";
import type { Point, Rig } from "./rig";

const MOST = 64;
const NAMES = 4;
/** Metres of the cluster that the server takes; further out one is not seen. */
const ROOM_M = 32;
/** Even who stands still says so: a head without a pose for 5 s is a ghost. */
const STILL_MS = 1000;
const ANSWER_MS = 5000;
const MOVED = { metres: 0.003, turn: 0.003 } as const;

export interface Turned {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly w: number;
}

export class PeopleInRoom {
  readonly group = new Object3D();
  readonly others = new Others();
  private readonly socket: Talker;
  private readonly name: string;
  private readonly heads: InstancedMesh;
  private readonly hands: InstancedMesh;
  private readonly signs: Sign[];
  private readonly paint = new MeshBasicMaterial({ color: 0xbfd4ff, toneMapped: false });
  private readonly shapes: { head: BufferGeometry; hand: BufferGeometry };
  private readonly scratch = { at: new Vector3(), turn: new Quaternion(), back: new Quaternion(), up: new Vector3(0, 1, 0), size: new Vector3(), matrix: new Matrix4() };
  private readonly point: Point = { x: 0, y: 0, z: 0 };
  private told: number[] = [];
  private toldAt = -Infinity;
  private inside = false;

  /** `name` "": the server gives one. */
  constructor(socket: Talker, name: string) {
    this.socket = socket;
    this.name = name;
    const visor = new BoxGeometry(0.19, 0.09, 0.09).translate(0, 0.01, -0.09);
    this.shapes = { head: mergeGeometries([new SphereGeometry(0.11, 14, 10), visor]), hand: new SphereGeometry(0.04, 10, 8).scale(1, 0.6, 1.5) };
    this.heads = new InstancedMesh(this.shapes.head, this.paint, MOST);
    this.hands = new InstancedMesh(this.shapes.hand, this.paint, 2 * MOST);
    this.signs = Array.from({ length: NAMES }, () => new Sign());
    for (const mesh of [this.heads, this.hands]) {
      mesh.count = 0;
      mesh.frustumCulled = false;
      this.group.add(mesh);
    }
    for (const sign of this.signs) this.group.add(sign.mesh);
    socket.on("people", (all: People) => this.inside && this.others.people(all));
    socket.on("poses", (bytes: ArrayBuffer) => this.inside && this.read(bytes));
    socket.on("connect", () => this.inside && this.join());
    socket.on("disconnect", () => this.others.clear());
  }

  enter(): void {
    this.inside = true;
    this.toldAt = -Infinity;
    this.join();
  }

  leave(): void {
    this.inside = false;
    if (this.socket.connected) this.socket.emitWithin(ANSWER_MS, "present", { leave: true }, () => undefined);
    this.others.clear();
  }

  /** `head` and hands in the visitor's room. Says it to the server when it is time, and there is something new. */
  tell(rig: Rig, head: Readonly<Point>, turned: Turned, hands: Iterable<Hand>, now: number): void {
    if (!this.socket.connected || now - this.toldAt < 1000 / POSE_HZ) return;
    const pose: Pose = { head: this.pose(rig, head, turned) };
    for (const hand of hands) if (hand.held || hand.aimed) pose[hand.left ? "left" : "right"] = this.pose(rig, hand.grip, hand.turned);
    const all = [...pose.head, ...(pose.left ?? []), ...(pose.right ?? [])];
    if (all.some((value, i) => i % POSE_NUMBERS < 3 && Math.abs(value) > ROOM_M)) return;
    if (now - this.toldAt < STILL_MS && !moved(all, this.told)) return;
    this.told = all;
    this.toldAt = now;
    this.socket.say("pose", pose);
  }

  /** Draw the others as they are `ms` after the last time. `eye`: one's own head, in the cluster's metres. */
  update(ms: number, eye: Readonly<Point>, scale: number): void {
    let [heads, hands] = [0, 0];
    const near: { name: string; away: number; x: number; y: number; z: number }[] = [];
    this.others.each(ms, (name, parts) => {
      if (heads >= MOST) return;
      this.place(this.heads, heads++, parts, 0);
      for (const part of [1, 2]) if (!Number.isNaN(parts[part * POSE_NUMBERS]!)) this.place(this.hands, hands++, parts, part * POSE_NUMBERS);
      const [x, y, z] = [parts[0]!, parts[1]!, parts[2]!];
      near.push({ name, away: Math.hypot(x - eye.x, y - eye.y, z - eye.z), x, y, z });
    });
    this.heads.count = heads;
    this.hands.count = hands;
    this.heads.instanceMatrix.needsUpdate = this.hands.instanceMatrix.needsUpdate = heads > 0;
    near.sort((a, b) => a.away - b.away);
    this.signs.forEach((sign, i) => sign.show(near[i] ?? null, eye, scale));
  }

  dispose(): void {
    this.leave();
    for (const sign of this.signs) sign.dispose();
    for (const thing of [this.heads, this.hands, this.shapes.head, this.shapes.hand, this.paint]) thing.dispose();
  }

  private join(): void {
    if (!this.socket.connected) return; // `connect` calls again
    this.socket.emitWithin(ANSWER_MS, "present", this.name === "" ? {} : { name: this.name }, (failed, answer) => {
      if (!failed && answer?.ok && answer.id !== undefined) this.others.mine = answer.id;
    });
  }

  private read(bytes: ArrayBuffer): void {
    try {
      this.others.poses(decodePoses(bytes));
    } catch (error) {
      console.warn(String(error)); // one message; the next replaces it
    }
  }

  private pose(rig: Rig, at: Readonly<Point>, turned: Turned): number[] {
    const { turn, back, up } = this.scratch;
    const { x, y, z } = rig.toModel(at, this.point);
    turn.set(turned.x, turned.y, turned.z, turned.w).premultiply(back.setFromAxisAngle(up, -rig.yaw));
    return [x, y, z, turn.x, turn.y, turn.z, turn.w];
  }

  private place(mesh: InstancedMesh, index: number, parts: Float32Array, at: number): void {
    const { at: where, turn, size, matrix } = this.scratch;
    where.set(parts[at]!, parts[at + 1]!, parts[at + 2]!);
    turn.set(parts[at + 3]!, parts[at + 4]!, parts[at + 5]!, parts[at + 6]!);
    mesh.setMatrixAt(index, matrix.compose(where, turn, size.set(1, 1, 1)));
  }
}

/** One name over a head. */
class Sign {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  private readonly canvas = Object.assign(document.createElement("canvas"), { width: 256, height: 64 });
  private readonly texture = new CanvasTexture(this.canvas);
  private name = "";

  constructor() {
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.minFilter = LinearFilter;
    this.texture.generateMipmaps = false;
    this.mesh = new Mesh(new PlaneGeometry(0.32, 0.08), new MeshBasicMaterial({ map: this.texture, transparent: true, toneMapped: false }));
    this.mesh.visible = false;
  }

  show(person: { name: string; x: number; y: number; z: number } | null, eye: Readonly<Point>, scale: number): void {
    this.mesh.visible = person !== null && person.name !== "";
    if (!person) return;
    if (person.name !== this.name) this.draw(person.name);
    this.mesh.scale.setScalar(1 / Math.max(0.25, scale)); // readable over a table-top too
    this.mesh.position.set(person.x, person.y + 0.2, person.z);
    this.mesh.rotation.y = Math.atan2(eye.x - person.x, eye.z - person.z);
  }

  dispose(): void {
    this.texture.dispose();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }

  private draw(name: string): void {
    this.name = name;
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    pen.clearRect(0, 0, 256, 64);
    pen.font = '600 34px "Segoe UI", system-ui, sans-serif';
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = "#eef3ff";
    pen.fillText(name, 128, 32, 248);
    this.texture.needsUpdate = true;
  }
}

function moved(now: readonly number[], before: readonly number[]): boolean {
  if (now.length !== before.length) return true;
  return now.some((value, i) => Math.abs(value - before[i]!) > (i % POSE_NUMBERS < 3 ? MOVED.metres : MOVED.turn));
}
