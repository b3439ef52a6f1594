// Owns where one looks: the box, a rack, a shelf or the chosen Pi, the breadcrumb that says so and leads back, and the two
// other ways of looking: from behind, and through the walls. It moves the scene and tells main; it selects nothing.

import type { Layout } from "../layout";
import { BOX, back, nameOf, nearer, pathTo, same, sightOf, type Focus } from "../scene/focus";
import type { TwinScene } from "../scene/scene";
import { button, el, part } from "./dom";

export interface TourOptions {
  readonly scene: () => TwinScene | null;
  /** Slot of the chosen node; -1 = nobody is chosen, or he has no place. */
  readonly slot: () => number;
  readonly chosen: () => boolean;
  readonly changed: () => void;
}

const ON_A_PI: Focus = { kind: "node" };

export class Tour {
  focus: Focus = BOX;
  private readonly options: TourOptions;
  private readonly crumbs = part("crumbs");
  private readonly rearButton = part("view-rear");
  private readonly xrayButton = part("view-xray");
  private layout: Layout | null = null;
  private shown = "";
  /** What a link asks for, until there is a scene. */
  private wanted: Focus | null = null;

  constructor(options: TourOptions) {
    this.options = options;
    this.rearButton.addEventListener("click", () => this.rear());
    this.xrayButton.addEventListener("click", () => this.xray());
  }

  know(layout: Layout): void {
    this.layout = layout;
    this.focus = BOX;
    const { wanted } = this;
    this.wanted = null;
    if (wanted) this.go(wanted);
    this.update();
  }

  /** A link's rack or shelf; one that there is not leaves everything as it is. */
  ask(focus: Focus): void {
    if (this.options.scene()) this.go(focus);
    else this.wanted = focus;
  }

  go(focus: Focus): void {
    if (focus.kind !== "node" && focus.kind !== "box" && !(this.layout && sightOf(this.layout, focus))) return;
    if (focus.kind === "box") this.options.scene()?.look("home");
    else if (!this.options.scene()?.flyTo(focus)) return;
    this.moved(focus);
  }

  look(side: "south" | "north" | "home"): void {
    this.options.scene()?.look(side);
    this.moved(BOX);
  }

  /** One step nearer to the chosen Pi, or one back. */
  nearer(): void {
    if (this.layout) this.go(nearer(this.layout, this.focus, this.options.slot()));
  }

  back(): void {
    if (this.layout) this.go(back(this.layout, this.focus, this.options.slot()));
  }

  rear(): void {
    const scene = this.options.scene();
    scene?.showRear(!scene.rear, this.focus);
    this.update();
  }

  xray(): void {
    const scene = this.options.scene();
    if (scene) scene.xray = !scene.xray;
    this.update();
  }

  /** The breadcrumb and the buttons as things are. */
  update(): void {
    const scene = this.options.scene();
    this.rearButton.setAttribute("aria-pressed", String(scene?.rear ?? false));
    this.xrayButton.setAttribute("aria-pressed", String(scene?.xray ?? false));
    if (!this.layout) return;
    if (this.focus.kind === "node" && !this.options.chosen()) this.focus = BOX;
    const path = this.path(this.layout);
    const key = JSON.stringify([path, this.focus, this.options.chosen()]);
    if (key === this.shown) return;
    this.shown = key;
    this.crumbs.hidden = path.length < 2;
    part(this.options.chosen() ? "panel-crumbs" : "view-crumbs").append(this.crumbs);
    this.crumbs.replaceChildren(...path.flatMap((step, at) => [...(at > 0 ? [el("i", { "aria-hidden": "true" }, "›")] : []), this.crumb(step)]));
  }

  private crumb(step: Focus): HTMLElement {
    return button(nameOf(step), () => this.go(step), same(step, this.focus) ? { "aria-current": "location" } : {});
  }

  private path(layout: Layout): Focus[] {
    const slot = this.options.slot();
    if (this.options.chosen()) return [...pathTo(layout, slot), ON_A_PI];
    if (this.focus.kind !== "shelf") return this.focus.kind === "box" ? [BOX] : [BOX, this.focus];
    const { shelf } = this.focus;
    return pathTo(layout, layout.slots.shelf.indexOf(shelf));
  }

  private moved(focus: Focus): void {
    this.focus = focus;
    this.update();
    this.options.changed();
  }
}
