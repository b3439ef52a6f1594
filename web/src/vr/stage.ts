// Owns what a visit is given, by the scene its stage, by the page everything else, and what it tells of itself. Types only. Used
// by scene, door, session.

import type { Object3D, WebGLRenderer } from "three";
import type { Places } from "../scene/place";
import type { Talker } from "../socket";
import type { State } from "../state";
import type { Footprint } from "./jump";
import type { OwnRoom } from "./ownroom";
import type { Rig } from "./rig";
import type { CardSource } from "./source";

/** What the scene lends to a visit. `room` holds the whole cluster: the rig moves it. `world` is the visitor's room. */
export interface Stage {
  readonly renderer: WebGLRenderer;
  readonly world: Object3D;
  readonly room: Object3D;
  /** The hall's own floor; one's own room has a better one. */
  readonly floor: Object3D;
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

/** What a visit tells of itself. */
export interface Says {
  readonly hands: { handedness: string; row: number; on: string }[];
  /** "" = no board hangs there. */
  readonly board: string;
  readonly landing: boolean;
  readonly rig: Rig;
  readonly turning: string;
  readonly others: number;
  /** Null in the hall. */
  readonly room: OwnRoom["says"] | null;
}
