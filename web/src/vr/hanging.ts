// Owns where board and menu hang: the board between the eye and its Pi, the menu on the left hand. Called by session.

import { Quaternion, Vector3, type Object3D } from "three";
import type { Point } from "./rig";
import type { Visitor } from "./visitor";

/** Metres before the visitor, never nearer than, and to the right of the way to the Pi. */
const BOARD = { away: 0.75, near: 0.45, aside: 0.45 } as const;
/** Not below this height, unless the Pi is looked at from lower still. */
const LOWEST = 0.6;
const [way, aside, turn] = [new Vector3(), new Vector3(), new Quaternion()];

/** A little to the side, upright and facing the eye; it stays there until another is chosen. `at`: the Pi in the room. */
export function hangBoard(mesh: Object3D, { head }: Visitor, at: Readonly<Point>): void {
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
