// Owns the VR button: it is there where the browser can enter a room, loads the visit's code at the first press, and says in
// words why it did not work. Called by main.

import type { History } from "../history";
import type { Layout } from "../layout";
import type { NodeDetail } from "../protocol.gen";
import type { TwinScene } from "../scene/scene";
import type { Talker } from "../socket";
import type { State } from "../state";
import { part } from "../ui/dom";
import { cardOf } from "./card";
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

export class VrDoor {
  private readonly options: DoorOptions;
  private readonly button = part<HTMLButtonElement>("view-vr");
  private readonly charts: ChartSource;
  private built: { scene: TwinScene; layout: Layout } | null = null;
  private detail: NodeDetail | null = null;
  private visit: VrSession | null = null;

  constructor(options: DoorOptions) {
    this.options = options;
    this.charts = new ChartSource(options.history, options.now);
    this.button.addEventListener("click", () => void this.enter());
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
    const can = await navigator.xr?.isSessionSupported("immersive-vr").catch(() => false);
    this.button.hidden = !can || this.built === null;
  }

  private async enter(): Promise<void> {
    if (!this.built || this.session) return;
    this.button.disabled = true;
    try {
      this.visit ??= await this.open(this.built.scene);
      await this.visit.enter();
      this.options.notice("");
    } catch (error) {
      this.options.notice(`The headset does not let this page in. ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.button.disabled = false;
    }
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
