// Owns what a visit is given: by the scene its stage, by the page everything else. Types only. Used by scene, door, session.

import type { Object3D, WebGLRenderer } from "three";
import type { Places } from "../scene/place";
import type { Talker } from "../socket";
import type { State } from "../state";
import type { Footprint } from "./jump";
import type { CardSource } from "./source";

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
