// Owns what one hand (a controller, or a tracked hand) does in this frame: where it is, where it points, where its fingertip
// is, what its thumb wants. Reads WebXR; knows nothing of Pis. Made by session for each input source, and reused.

import type { Point } from "./rig";
import { Stick } from "./sticks";

/** Indices of a gamepad in the xr-standard mapping. */
const [STICK_X, STICK_Y] = [2, 3];
const [BUTTON_A, BUTTON_B] = [4, 5];
const KNOCK = { strength: 0.4, ms: 30 } as const;

export class Hand {
  readonly source: XRInputSource;
  readonly from: Point = { x: 0, y: 0, z: 0 };
  readonly direction: Point = { x: 0, y: 0, z: -1 };
  readonly grip: Point = { x: 0, y: 0, z: 0 };
  readonly turned = { x: 0, y: 0, z: 0, w: 1 };
  readonly tip: Point = { x: 0, y: 0, z: 0 };
  readonly stick = new Stick();
  /** Its ray is known in this frame. A hand that is not seen points nowhere. */
  aimed = false;
  held = false;
  /** A fingertip is known: only tracked hands have one. A controller touches with its front. */
  hasTip = false;
  stickX = 0;
  stickY = 0;
  private pressed = [false, false];

  constructor(source: XRInputSource) {
    this.source = source;
  }

  get left(): boolean {
    return this.source.handedness === "left";
  }

  update(frame: XRFrame, space: XRReferenceSpace): void {
    const ray = frame.getPose(this.source.targetRaySpace, space);
    this.aimed = ray !== undefined && ray !== null && this.source.targetRayMode !== "gaze";
    if (ray) {
      copy(ray.transform.position, this.from);
      forward(ray.transform.orientation, this.direction);
    }
    const grip = this.source.gripSpace ? frame.getPose(this.source.gripSpace, space) : null;
    this.held = Boolean(grip);
    if (grip) {
      copy(grip.transform.position, this.grip);
      Object.assign(this.turned, { x: grip.transform.orientation.x, y: grip.transform.orientation.y, z: grip.transform.orientation.z, w: grip.transform.orientation.w });
    } else copy(this.from, this.grip);
    this.finger(frame, space);
    const axes = this.source.gamepad?.axes;
    this.stickX = axes?.[STICK_X] ?? 0;
    this.stickY = axes?.[STICK_Y] ?? 0;
  }

  /** True once for each press. 0 is A or X, 1 is B or Y. */
  press(which: 0 | 1): boolean {
    const down = this.source.gamepad?.buttons[which === 0 ? BUTTON_A : BUTTON_B]?.pressed ?? false;
    const fresh = down && !this.pressed[which];
    this.pressed[which] = down;
    return fresh;
  }

  /** A short knock in the palm: it was understood. A hand without an actuator does not feel it. */
  knock(): void {
    void this.source.gamepad?.hapticActuators?.[0]?.pulse?.(KNOCK.strength, KNOCK.ms)?.catch(() => undefined);
  }

  private finger(frame: XRFrame, space: XRReferenceSpace): void {
    const joint = this.source.hand?.get("index-finger-tip");
    const pose = joint && frame.getJointPose ? frame.getJointPose(joint, space) : null;
    this.hasTip = Boolean(pose);
    copy(pose ? pose.transform.position : this.from, this.tip);
  }
}

function copy(from: { readonly x: number; readonly y: number; readonly z: number }, to: Point): void {
  to.x = from.x;
  to.y = from.y;
  to.z = from.z;
}

/** The direction that -z has after the turn. */
export function forward({ x, y, z, w }: { readonly x: number; readonly y: number; readonly z: number; readonly w: number }, out: Point): Point {
  out.x = -2 * (x * z + w * y);
  out.y = -2 * (y * z - w * x);
  out.z = -(1 - 2 * (x * x + y * y));
  return out;
}
