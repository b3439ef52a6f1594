// Owns the model as it is worn: which of its files have come, and what only the model has (fans that turn, lamps on the
// switches and in the roof). The rest it hands to scenery, nodes and chosen. Two draw calls. Loaded and called by scene
// when the first file has come: until then nobody needs it.

import { Object3D } from "three";
import type { Layout } from "../layout";
import type { Detail } from "../models";
import type { State } from "../state";
import type { Chosen } from "./chosen";
import { readModel } from "./glb";
import { Lamps } from "./lamps";
import type { Nodes } from "./nodes";
import { lampPaint, rotorPaint, type Light } from "./paintwork";
import { Rotors } from "./rotors";
import type { Scenery } from "./scenery";
import { wear, wearChosen } from "./worn";

export interface Wearers {
  readonly scenery: Scenery;
  readonly nodes: Nodes;
  readonly chosen: Chosen;
}

/** Seconds after which the shaders' clock begins anew: large numbers turn jerkily. */
const REBASE_S = 300;
/** Milliseconds between two looks at the temperatures. */
const WARM_MS = 1000;

export class Wardrobe {
  readonly group = new Object3D();
  readonly worn = new Set<Detail>();
  private readonly layout: Layout;
  private readonly light: Light;
  private readonly rotorPaint;
  private readonly lampPaint;
  private rotors: Rotors | null = null;
  private lamps: Lamps | null = null;
  private warmedAt = -Infinity;
  private base = 0;

  constructor(layout: Layout, light: Light) {
    this.layout = layout;
    this.light = light;
    this.rotorPaint = rotorPaint(light);
    this.lampPaint = lampPaint(light);
  }

  /** Reads everything before it changes anything. Throws ModelError. */
  wear(detail: Detail, bytes: ArrayBuffer, file: string, hash: string, { scenery, nodes, chosen }: Wearers): void {
    const model = readModel(bytes, file);
    if (detail === "pi") {
      chosen.wear(wearChosen(model, file, this.layout));
    } else {
      const worn = wear(model, file, this.layout, hash);
      scenery.wear(worn);
      nodes.wear(detail, worn.pi);
      if (worn.rotor) this.turn(new Rotors(this.layout, worn.rotor, this.rotorPaint));
      if (!this.lamps) this.group.add((this.lamps = new Lamps(this.layout, this.lampPaint)).mesh);
    }
    this.worn.add(detail);
  }

  /** `near`: what is small is drawn. `still`: nothing turns by itself. `light` 0..1 dims the lamps. */
  update(state: State, now: number, { near, still, light }: { near: boolean; still: boolean; light: number }): void {
    this.lamps?.update(state, now, light, still);
    if (!this.rotors) return;
    this.rotors.mesh.visible = near;
    if (!still) this.light.time.value = now / 1000 - this.base;
    if (this.light.time.value > REBASE_S) {
      this.base += this.light.time.value;
      this.rotors.rebase(this.light.time.value);
      this.light.time.value = 0;
    }
    if (now - this.warmedAt < WARM_MS) return;
    this.warmedAt = now;
    this.rotors.update(state, this.light.time.value, now);
  }

  dispose(): void {
    for (const part of [this.rotors, this.lamps, this.rotorPaint, this.lampPaint]) part?.dispose();
  }

  private turn(rotors: Rotors): void {
    if (this.rotors) {
      this.group.remove(this.rotors.mesh);
      this.rotors.dispose();
    }
    this.rotors = rotors;
    this.group.add(rotors.mesh);
  }
}
