// Owns the buttons into a visit: VR, and into one's own room. Each is there where the browser can do that; the visit's code is
// loaded at the first press; why it did not work is said in words. Called by main.

import type { History } from "../history";
import type { Layout } from "../layout";
import type { NodeDetail } from "../protocol.gen";
import type { TwinScene } from "../scene/scene";
import type { Talker } from "../socket";
import type { State } from "../state";
import { part } from "../ui/dom";
import { cardOf } from "./card";
import type { Kind } from "./entering";
import type { VrSession } from "./session";
import { ChartSource, rangeOfTime, type CardSource } from "./source";

export interface DoorOptions {
  readonly state: State;
  readonly history: History;
  readonly socket: Talker;
  /** From the address, ?name=; "" = none. */
  readonly name: string;
  readonly now: () => number;
  readonly silent: () => boolean;
  readonly selectedRow: () => number;
  readonly choose: (row: number) => void;
  readonly notice: (text: string) => void;
}

const REFUSED: Readonly<Record<Kind, string>> = {
  "immersive-vr": "The headset does not let this page in.",
  "immersive-ar": "This device does not let this page into your room.",
};

export class VrDoor {
  private readonly options: DoorOptions;
  private readonly buttons: readonly (readonly [Kind, HTMLButtonElement])[] = [["immersive-vr", part("view-vr")], ["immersive-ar", part("view-ar-room")]];
  private readonly charts: ChartSource;
  private built: { scene: TwinScene; layout: Layout } | null = null;
  private detail: NodeDetail | null = null;
  private visit: VrSession | null = null;

  constructor(options: DoorOptions) {
    this.options = options;
    this.charts = new ChartSource(options.history, options.now);
    for (const [kind, button] of this.buttons) button.addEventListener("click", () => void this.enter(kind));
    void this.offer();
    // A headset that is plugged in later, and an emulator that comes after the page.
    navigator.xr?.addEventListener("devicechange", () => void this.offer());
  }

  /** Another scene was built, or none could be. */
  meet(scene: TwinScene | null, layout: Layout): void {
    void this.visit?.leave();
    this.visit = null;
    this.built = scene && { scene, layout };
    void this.offer();
  }

  report(detail: NodeDetail): void {
    this.detail = detail;
  }

  /** The visit that goes on, for tests and the curious. */
  get session(): VrSession | null {
    return this.visit?.inside ? this.visit : null;
  }

  private async offer(): Promise<void> {
    for (const [kind, button] of this.buttons) {
      const can = await navigator.xr?.isSessionSupported(kind).catch(() => false);
      button.hidden = !can || this.built === null;
    }
  }

  private async enter(kind: Kind): Promise<void> {
    if (!this.built || this.session) return;
    this.enabled = false;
    try {
      this.visit ??= await this.open(this.built.scene);
      await this.visit.enter(kind);
      this.options.notice("");
    } catch (error) {
      this.options.notice(`${REFUSED[kind]} ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.enabled = true;
    }
  }

  private set enabled(on: boolean) {
    for (const [, button] of this.buttons) button.disabled = !on;
  }

  private async open(scene: TwinScene): Promise<VrSession> {
    const { VrSession: Visit } = await import("./session");
    const { state, now, selectedRow, choose, socket, name } = this.options;
    const visit = new Visit({ stage: scene.stage(), state, now, selectedRow, choose, socket, name, card: this.source(), ended: () => scene.ask() });
    scene.visit = (frame) => visit.frame(frame);
    return visit;
  }

  private source(): CardSource {
    const { state, now, silent } = this.options;
    const source: CardSource = {
      card: (row) => cardOf(state, row, this.detail, this.built!.layout, now(), silent()),
      charts: (row) => this.charts.of(state.roster.id[row] ?? "", rangeOfTime(source, now())),
      timeMs: () => (state.past ? state.pastMs : state.clock.server(now())),
    };
    return source;
  }
}
