// Owns the 3D view: it puts the parts together, draws when there is reason to, and answers which Pi is where.
// Reads state and selection; never touches a socket or a panel. Made by main, which falls back to the table without it.

import { ACESFilmicToneMapping, Object3D, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three";
import type { Layout } from "../layout";
import type { View as Shown } from "../paint";
import type { State } from "../state";
import type { Stage } from "../vr/session";
import { View, type Insets, type Side } from "./camera";
import { drawGlow } from "./drawn";
import { Highlight } from "./highlight";
import { Holding } from "./holding";
import { Marks } from "./marks";
import { Nodes } from "./nodes";
import { Pace } from "./pace";
import { Picker } from "./pick";
import { Places, type Place } from "./place";
import { Scenery } from "./scenery";

export interface SceneOptions {
  readonly canvas: HTMLCanvasElement;
  readonly layout: Layout;
  readonly state: State;
  /** Colour mode and silence, changed by main. */
  readonly shown: Readonly<Shown>;
  readonly selectedRow: () => number;
  readonly now: () => number;
  readonly still: boolean;
  /** What the panels cover of the canvas just now. */
  readonly insets: () => Insets;
}

/** Pixels: a finger may miss a Pi by this much. */
const TOUCH = 7;
/** Metres: marks are drawn for an eye this far away when a headset moves the eye. */
const VR_DISTANCE = 1.5;

export class TwinScene {
  private readonly options: SceneOptions;
  private readonly renderer: WebGLRenderer;
  private readonly world = new Scene();
  /** Everything of the cluster. In a headset it is moved and scaled as one. */
  private readonly room = new Object3D();
  private readonly places: Places;
  private readonly glowMap = drawGlow();
  private readonly scenery: Scenery;
  private readonly nodes: Nodes;
  private readonly marks: Marks;
  private readonly holding: Holding;
  private readonly highlight: Highlight;
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
  private scriptMs = 0;

  /** Throws when the browser has no WebGL 2. */
  constructor(options: SceneOptions) {
    this.options = options;
    const { canvas, layout } = options;
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, powerPreference: "high-performance" });
    this.renderer.toneMapping = ACESFilmicToneMapping;
    this.renderer.setClearAlpha(0);
    this.places = new Places(layout);
    this.scenery = new Scenery(layout, this.glowMap);
    this.nodes = new Nodes(this.places, this.glowMap);
    this.marks = new Marks(this.places);
    this.holding = new Holding(layout);
    this.highlight = new Highlight(layout);
    this.view = new View(canvas, this.scenery.hull, options.still, () => this.pace.ask());
    this.room.add(this.scenery.group, this.nodes.group, this.marks.group, this.holding.group, this.highlight.mesh);
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
    return { renderer, world, room, places, racks: { x: width / 2, z: depth / 2 } };
  }

  /** Something the picture shows has changed. */
  ask(): void {
    this.pace.ask();
  }

  look(side: Side): void {
    this.view.look(side, this.options.now());
    this.pace.ask();
  }

  flyTo(row: number): void {
    if (this.places.of(this.options.state, row, this.place)) this.view.near(this.place, this.options.now());
    this.pace.ask();
  }

  /** The row under a point of the page, or -1. A finger gets what is nearest to it. */
  rowUnder(pageX: number, pageY: number, touch: boolean): number {
    const tries = touch ? [[0, 0], [TOUCH, 0], [-TOUCH, 0], [0, TOUCH], [0, -TOUCH]] : [[0, 0]];
    const box = this.options.canvas.getBoundingClientRect();
    for (const [dx, dy] of tries as [number, number][]) {
      const x = (2 * (pageX + dx - box.left)) / box.width - 1;
      const y = 1 - (2 * (pageY + dy - box.top)) / box.height;
      const row = this.picker.pick(x, y, this.view.camera, this.nodes.pis, this.scenery.solid);
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

  /** What the last drawn frame cost. */
  cost(): { calls: number; triangles: number; scriptMs: number; slow: boolean } {
    const { calls, triangles } = this.renderer.info.render;
    return { calls, triangles, scriptMs: this.scriptMs, slow: this.pace.slow };
  }

  dispose(): void {
    this.renderer.setAnimationLoop(null);
    this.observer.disconnect();
    for (const part of [this.view, this.highlight, this.holding, this.marks, this.nodes, this.scenery, this.glowMap]) part.dispose();
    this.renderer.dispose();
  }

  private frame(): void {
    const now = this.options.now();
    const moving = this.view.update(now);
    const shimmer = !this.options.still && !this.options.shown.silent;
    if (!this.fitted || !this.pace.frame(now, moving, shimmer)) return;
    const began = performance.now();
    this.update(now, shimmer && !this.pace.slow);
    this.renderer.render(this.world, this.view.camera);
    this.scriptMs = performance.now() - began;
  }

  /** A headset's frame: always drawn, and the eye is where the head is. */
  private visited(frame: XRFrame): void {
    const began = performance.now();
    this.visit?.(frame);
    this.update(this.options.now(), !this.options.still && !this.options.shown.silent);
    this.renderer.render(this.world, this.eyes);
    this.scriptMs = performance.now() - began;
  }

  private update(now: number, shimmer: boolean): void {
    const { state, shown } = this.options;
    const row = this.options.selectedRow();
    if (this.seated.moves !== state.moves || this.seated.row !== row) {
      if (this.seated.moves !== state.moves) this.places.seat(state);
      this.nodes.seat(state, row);
      this.holding.show(this.places.unplaced);
      this.highlight.put(this.places.of(state, row, this.place) ? this.place : null);
      this.seated = { moves: state.moves, row };
    }
    this.nodes.update(state, shown, now, row, shimmer ? 0.5 : 0);
    this.marks.update(state, now, shimmer ? 0.72 + 0.28 * Math.sin(now / 380) : 1,
      this.renderer.xr.isPresenting ? VR_DISTANCE : this.view.distance);
    this.scenery.lamp(shown.silent ? 0.12 : shimmer ? 0.94 + 0.06 * Math.sin(now / 900) : 1);
  }

  /** The canvas or the panels over it changed their size. */
  resize(): void {
    const { clientWidth, clientHeight } = this.options.canvas;
    if (clientWidth === 0 || clientHeight === 0 || this.renderer.xr.isPresenting) return; // a headset has its own size
    this.renderer.setPixelRatio(Math.min(2, window.devicePixelRatio));
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.view.resize(clientWidth, clientHeight, this.options.insets());
    this.fitted = true;
    this.pace.ask();
  }
}
