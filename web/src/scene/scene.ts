// Owns the 3D view: it puts the parts together, draws when there is reason to, and answers which Pi is where.
// Reads state and selection; never touches a socket or a panel. Made by main, which falls back to the table without it.

import { ACESFilmicToneMapping, Object3D, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three";
import type { Layout } from "../layout";
import type { Detail } from "../models";
import type { View as Shown } from "../paint";
import type { State } from "../state";
import type { Stage } from "../vr/stage";
import { View, type Insets, type Side } from "./camera";
import { Chosen } from "./chosen";
import { cutBehind, rackFacing, type Cut } from "./cut";
import { drawGlow } from "./drawn";
import { sightOf, type Focus } from "./focus";
import { Holding } from "./holding";
import { Labels, Namer, type Label } from "./labels";
import { Marks } from "./marks";
import { Nodes } from "./nodes";
import { Pace } from "./pace";
import { newLight, piPaint } from "./paintwork";
import { Picker } from "./pick";
import { Places, type Place } from "./place";
import { Scenery } from "./scenery";
import type { Wardrobe } from "./wardrobe";

export interface SceneOptions {
  readonly canvas: HTMLCanvasElement;
  /** Where the names go that appear from near; null = nowhere. */
  readonly labels: HTMLElement | null;
  readonly layout: Layout;
  readonly state: State;
  /** Colour mode and silence, changed by main. */
  readonly shown: Readonly<Shown>;
  readonly selectedRow: () => number;
  readonly now: () => number;
  readonly still: boolean;
  /** What the panels cover of the canvas just now. */
  readonly insets: () => Insets;
  /** A hand has taken the view: nothing in particular is looked at any more. */
  readonly touched: () => void;
}

/** Pixels: a finger may miss a Pi by this much. */
const TOUCH = 7;
/** Metres: marks are drawn for an eye this far away when a headset moves the eye. */
const VR_DISTANCE = 1.5;
/** Metres from the eye to what it looks at: nearer than this the fine shapes are drawn. */
const FINE = 3.4;
/** How dark it is inside, from outside and when one looks in from behind or through the walls. */
const UPDATES = 20;
const DUSK = { closed: 0.86, open: 0.25 } as const;

export class TwinScene {
  private readonly options: SceneOptions;
  private readonly renderer: WebGLRenderer;
  private readonly world = new Scene();
  /** Everything of the cluster. In a headset it is moved and scaled as one. */
  private readonly room = new Object3D();
  private readonly places: Places;
  private readonly glowMap = drawGlow();
  private readonly light = newLight();
  private readonly piPaint = piPaint(this.light);
  private readonly scenery: Scenery;
  private readonly nodes: Nodes;
  private readonly marks: Marks;
  private readonly holding: Holding;
  private readonly chosen: Chosen;
  private readonly namer: Namer;
  private readonly labels: Labels | null;
  private readonly view: View;
  /** A headset moves its camera about, so it gets one of its own. */
  private readonly eyes = new PerspectiveCamera(75, 1, 0.05, 60);
  private readonly pace = new Pace();
  private readonly picker = new Picker();
  private readonly place: Place = { x: 0, y: 0, z: 0, yaw: 0 };
  private readonly point = new Vector3();
  private readonly observer: ResizeObserver;
  private seated = { moves: -1, row: -2 };
  private fitted = false;
  private spent = { scriptMs: 0 };
  private named = 0;
  /** Null until the first file of the model has come. */
  private wardrobe: Wardrobe | null = null;
  private gone = false;
  private seeThrough = false;
  private cut: Cut | null = null;

  /** Throws when the browser has no WebGL 2. */
  constructor(options: SceneOptions) {
    this.options = options;
    const { canvas, layout } = options;
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, powerPreference: "high-performance" });
    this.renderer.toneMapping = ACESFilmicToneMapping;
    this.renderer.setClearAlpha(0);
    this.places = new Places(layout);
    this.scenery = new Scenery(layout, this.glowMap, this.light);
    this.nodes = new Nodes(this.places, this.glowMap, this.piPaint);
    this.marks = new Marks(this.places);
    this.holding = new Holding(layout);
    this.chosen = new Chosen(layout, this.piPaint);
    this.namer = new Namer(this.places);
    this.labels = options.labels && new Labels(options.labels);
    this.view = new View(canvas, this.scenery.hull, options.still, () => this.pace.ask(), options.touched);
    const { hull } = this.scenery;
    this.light.hall.value.set(hull.racks.width / 2 - 0.005, hull.top, hull.racks.depth / 2);
    this.light.dusk.value = hull.roofed ? DUSK.closed : DUSK.open;
    this.room.add(this.scenery.group, this.nodes.group, this.marks.group, this.holding.group, this.chosen.mesh);
    this.world.add(this.room);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(canvas);
    this.renderer.setAnimationLoop((_, frame) => (frame ? this.visited(frame) : this.frame()));
  }

  /** Called before each frame that is drawn for a headset; null = nobody visits. */
  visit: ((frame: XRFrame) => void) | null = null;

  /** What a visit in a headset needs of this scene. */
  stage(): Stage {
    const { renderer, world, room, places } = this;
    const { width, depth } = this.scenery.hull.racks;
    return { renderer, world, room, floor: this.scenery.floor, places, racks: { x: width / 2, z: depth / 2 } };
  }

  /** A file of the model has come. Throws ModelError when it cannot be worn; then everything stays as it was. */
  async wear(detail: Detail, bytes: ArrayBuffer, file: string, hash: string): Promise<void> {
    const { Wardrobe: Made } = await import("./wardrobe");
    if (this.gone) return;
    if (!this.wardrobe) this.room.add((this.wardrobe = new Made(this.options.layout, this.light)).group);
    this.wardrobe.wear(detail, bytes, file, hash, { scenery: this.scenery, nodes: this.nodes, chosen: this.chosen });
    if (detail !== "pi") this.view.fitTo(this.scenery.hull);
    this.reseat();
  }

  /** What is worn so far. */
  get worn(): readonly Detail[] {
    return [...(this.wardrobe?.worn ?? [])];
  }

  /** Something the picture shows has changed. */
  ask(): void {
    this.pace.ask();
  }

  look(side: Side): void {
    this.open(null);
    this.view.look(side, this.options.now());
    this.pace.ask();
  }

  /** To the box, a rack, a shelf, or the chosen Pi. False = there is no such thing. */
  flyTo(focus: Focus): boolean {
    const { state, layout, selectedRow, now } = this.options;
    const behind = this.cut !== null;
    const sight = sightOf(layout, focus);
    const yaw = sight?.yaw ?? (focus.kind === "node" && this.places.of(state, selectedRow(), this.place) ? this.place.yaw : null);
    if (behind && yaw !== null) this.open(yaw); // the rear of another side, perhaps
    this.pace.ask();
    if (focus.kind === "box") this.view.look("home", now());
    else if (sight) this.view.frame(sight, this.cut !== null, now());
    else if (focus.kind === "node" && this.places.of(state, selectedRow(), this.place)) this.view.near(this.place, this.cut !== null, now());
    else return false;
    return true;
  }

  /** Goes slowly round the box by itself. */
  drift(on: boolean): void {
    this.view.drift(on, this.options.now());
    this.pace.ask();
  }

  /** Box and shelves as glass. */
  get xray(): boolean {
    return this.seeThrough;
  }

  set xray(on: boolean) {
    this.seeThrough = on;
    this.scenery.xray(on);
    this.shade();
  }

  /** The racks are seen from behind, and what stands behind them is cut away. */
  get rear(): boolean {
    return this.cut !== null;
  }

  /** `focus` says which racks; without one those whose front is looked at, and the view goes round to their rear. */
  showRear(on: boolean, focus: Focus): void {
    const { layout, now } = this.options;
    const rack = rackFacing(layout, this.view.camera.position);
    const front = this.cut?.yaw ?? rack?.yaw ?? 0;
    this.open(on ? front : null);
    if (focus.kind !== "box" && this.flyTo(focus)) return;
    const { racks, top, bottom } = this.scenery.hull;
    const across = Math.abs(Math.cos(front)) * racks.width + Math.abs(Math.sin(front)) * racks.depth;
    const foot = this.scenery.hull.roofed ? 0 : bottom;
    this.view.frame({ target: [0, (top + foot) / 2, 0], yaw: front, across: across * 1.2, high: (top - foot) * 1.2 }, on, now(), on ? -0.3 : 0.35);
    this.pace.ask();
  }

  /** The row under a point of the page, or -1. A finger gets what is nearest to it. */
  rowUnder(pageX: number, pageY: number, touch: boolean): number {
    const tries = touch ? [[0, 0], [TOUCH, 0], [-TOUCH, 0], [0, TOUCH], [0, -TOUCH]] : [[0, 0]];
    const box = this.options.canvas.getBoundingClientRect();
    const { state, selectedRow } = this.options;
    const among = { state, places: this.places, selected: selectedRow(), cut: this.cut, walls: this.seeThrough ? null : this.scenery.solid };
    for (const [dx, dy] of tries as [number, number][]) {
      const x = (2 * (pageX + dx - box.left)) / box.width - 1;
      const y = 1 - (2 * (pageY + dy - box.top)) / box.height;
      const row = this.picker.pick(x, y, this.view.camera, among);
      if (row >= 0) return row;
    }
    return -1;
  }

  /** Where on the page the middle of a Pi's front is; null when it is behind the camera. */
  pageOf(row: number): { x: number; y: number } | null {
    if (!this.places.of(this.options.state, row, this.place)) return null;
    const { x, y, z, yaw } = this.place;
    const out = this.places.layout.pi[2] / 2;
    this.point.set(x + Math.sin(yaw) * out, y, z + Math.cos(yaw) * out).project(this.view.camera);
    if (this.point.z > 1) return null;
    const box = this.options.canvas.getBoundingClientRect();
    return { x: box.left + ((this.point.x + 1) / 2) * box.width, y: box.top + ((1 - this.point.y) / 2) * box.height };
  }

  /** What the last drawn frame cost. Its update is made a few times more: a page's clock counts in tenths of milliseconds. */
  cost(): { calls: number; triangles: number; scriptMs: number; updateMs: number; slow: boolean } {
    const { calls, triangles } = this.renderer.info.render;
    const began = performance.now();
    for (let n = 0; n < UPDATES; n++) this.update(this.options.now(), true);
    return { calls, triangles, scriptMs: this.spent.scriptMs, updateMs: (performance.now() - began) / UPDATES, slow: this.pace.slow };
  }

  /** The picture as it is now, drawn once more so that it can be read, and the names in it. */
  picture(): { canvas: HTMLCanvasElement; labels: readonly Label[]; ratio: number } {
    this.update(this.options.now(), false);
    this.renderer.render(this.world, this.view.camera);
    return { canvas: this.options.canvas, labels: this.namer.found.slice(0, this.named), ratio: this.renderer.getPixelRatio() };
  }

  dispose(): void {
    this.gone = true;
    this.renderer.setAnimationLoop(null);
    this.observer.disconnect();
    this.labels?.dispose();
    for (const part of [this.view, this.chosen, this.holding, this.marks, this.nodes, this.scenery, this.wardrobe, this.piPaint, this.glowMap]) part?.dispose();
    this.renderer.dispose();
  }

  /** Cut open behind the racks that face `yaw`; null = whole again. */
  private open(yaw: number | null): void {
    const rack = yaw === null ? undefined : this.options.layout.racks.find((one) => Math.cos(one.yaw - yaw) > 0.99);
    this.cut = this.nodes.cut = this.marks.cut = rack ? cutBehind(this.options.layout, rack) : null;
    this.scenery.halved = this.cut !== null;
    this.light.cut.value.set(this.cut?.x ?? 0, 0, this.cut?.z ?? 0, this.cut?.w ?? 1);
    this.shade();
    this.reseat();
  }

  private shade(): void {
    this.light.dusk.value = this.cut || this.seeThrough || !this.scenery.hull.roofed ? DUSK.open : DUSK.closed;
    this.pace.ask();
  }

  private reseat(): void {
    this.seated.row = -2;
    this.pace.ask();
  }

  private frame(): void {
    const now = this.options.now();
    const moving = this.view.update(now);
    const shimmer = !this.options.still && !this.options.shown.silent;
    if (!this.fitted || !this.pace.frame(now, moving, shimmer)) return;
    const began = performance.now();
    this.update(now, shimmer && !this.pace.slow);
    this.renderer.render(this.world, this.view.camera);
    this.name();
    this.spent = { scriptMs: performance.now() - began };
  }

  /** A headset's frame: always drawn, and the eye is where the head is. */
  private visited(frame: XRFrame): void {
    const began = performance.now();
    this.visit?.(frame);
    this.update(this.options.now(), !this.options.still && !this.options.shown.silent);
    this.renderer.render(this.world, this.eyes);
    this.spent = { scriptMs: performance.now() - began };
  }

  private update(now: number, shimmer: boolean): void {
    const { state, shown, still } = this.options;
    const row = this.options.selectedRow();
    const visited = this.renderer.xr.isPresenting;
    if (this.seated.moves !== state.moves || this.seated.row !== row) this.seat(row);
    const near = visited || this.seeThrough || this.cut !== null || this.view.distance < FINE;
    this.nodes.near(near, visited ? VR_DISTANCE : this.view.distance);
    this.nodes.update(state, shown, now, row, shimmer ? 0.5 : 0);
    this.chosen.update(this.nodes, row);
    this.marks.update(state, now, shimmer ? 0.72 + 0.28 * Math.sin(now / 380) : 1, visited ? VR_DISTANCE : this.view.distance);
    const light = shown.silent ? 0.12 : shimmer ? 0.94 + 0.06 * Math.sin(now / 900) : 1;
    this.scenery.lamp(light);
    this.light.lamp.value = light;
    this.wardrobe?.update(state, now, { near, still: still || !shimmer, light: shown.silent ? 0.25 : 1 });
  }

  private seat(row: number): void {
    const { state } = this.options;
    if (this.seated.moves !== state.moves) this.places.seat(state);
    this.nodes.standIn = this.wardrobe?.worn.has("pi") ?? false;
    this.nodes.seat(state, row);
    this.holding.show(this.places.unplaced);
    this.chosen.put(this.places.of(state, row, this.place) ? this.place : null);
    this.seated = { moves: state.moves, row };
  }

  private name(): void {
    if (!this.labels) return;
    const { clientWidth: width, clientHeight: height } = this.size;
    const seen = { camera: this.view.camera, width, height, selected: this.options.selectedRow(), cut: this.cut };
    this.named = this.namer.name(this.options.state, seen);
    this.labels.show(this.namer.found, this.named);
  }

  private size = { clientWidth: 1, clientHeight: 1 };

  /** The canvas or the panels over it changed their size. */
  resize(): void {
    const { clientWidth, clientHeight } = this.options.canvas;
    if (clientWidth === 0 || clientHeight === 0 || this.renderer.xr.isPresenting) return; // a headset has its own size
    this.size = { clientWidth, clientHeight };
    this.renderer.setPixelRatio(Math.min(2, window.devicePixelRatio));
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.view.resize(clientWidth, clientHeight, this.options.insets());
    this.fitted = true;
    this.pace.ask();
  }
}
