// Owns what hangs in the air: the board of the chosen Pi between the eye and it, and the menu on the left hand. What they say and
// how they are drawn is board's and menu's. Called by session.

import { Quaternion, Vector3, type Object3D } from "three";
import type { Place, Places } from "../scene/place";
import type { State } from "../state";
import { Board } from "./board";
import type { Point, Rig } from "./rig";
import { rangeOfTime, type CardSource } from "./source";
import type { Visitor } from "./visitor";

/** Metres before the visitor, never nearer than, and to the right of the way to the Pi. */
const BOARD = { away: 0.75, near: 0.45, aside: 0.45 } as const;
/** Metres above the floor: a board for a Pi at one's feet hangs no lower. */
const LOWEST = 0.6;
const [way, aside, turn] = [new Vector3(), new Vector3(), new Quaternion()];

export class HangingBoard {
  readonly board = new Board();
  private readonly state: State;
  private readonly places: Places;
  private readonly card: CardSource;
  private readonly place: Place = { x: 0, y: 0, z: 0, yaw: 0 };
  private readonly at: Point = { x: 0, y: 0, z: 0 };
  private row = -1;

  constructor(state: State, places: Places, card: CardSource) {
    this.state = state;
    this.places = places;
    this.card = card;
  }

  get mesh(): Object3D {
    return this.board.mesh;
  }

  /** "" = it does not hang. */
  get says(): string {
    return this.mesh.visible ? this.board.says : "";
  }

  /** The visitor or the cluster has jumped: it hangs itself up anew. */
  again(): void {
    this.row = -1;
  }

  /** `row` -1: nobody is chosen. It stays where it was hung until another is chosen. */
  update(row: number, visitor: Visitor, rig: Rig, now: number): void {
    if (row !== this.row) {
      this.row = row;
      this.board.forget();
      this.mesh.visible = row >= 0 && this.places.of(this.state, row, this.place);
      if (this.mesh.visible) hangBoard(this.mesh, visitor, rig.toRoom(this.place, this.at));
    }
    if (!this.mesh.visible) return;
    const { from, to } = rangeOfTime(this.card, now);
    this.board.show(this.card.card(row), this.card.charts(row), from, to, now);
  }
}

/** A little to the side, upright and facing the eye. `at`: the Pi in the room. */
function hangBoard(mesh: Object3D, { head }: Visitor, at: Readonly<Point>): void {
  way.set(at.x - head.x, 0, at.z - head.z);
  const away = way.length();
  if (away < 1e-3) way.set(0, 0, -1);
  way.normalize();
  const near = Math.min(BOARD.away, Math.max(BOARD.near, away - 0.15));
  aside.set(-way.z, 0, way.x).multiplyScalar(BOARD.aside);
  mesh.position.set(
    head.x + way.x * near + aside.x,
    Math.max(LOWEST, Math.min(head.y - 0.08, head.y + (at.y - head.y) * 0.5)),
    head.z + way.z * near + aside.z,
  );
  mesh.lookAt(head.x, mesh.position.y, head.z);
  mesh.updateMatrixWorld();
}

/** Over the back of the left hand; hidden without one. */
export function hangMenu(mesh: Object3D, { hands, head }: Visitor): void {
  const left = [...hands.values()].find((hand) => hand.left && hand.held);
  mesh.visible = left !== undefined;
  if (!left) return;
  turn.set(left.turned.x, left.turned.y, left.turned.z, left.turned.w);
  way.set(0, 0.07, -0.02).applyQuaternion(turn);
  mesh.position.set(left.grip.x + way.x, left.grip.y + way.y, left.grip.z + way.z);
  mesh.lookAt(head.x, head.y, head.z);
  mesh.updateMatrixWorld();
}
