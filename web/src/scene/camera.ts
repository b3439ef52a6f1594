// Owns where one looks from: orbit by mouse and touch, flights to a Pi or to a side of the box. Called by scene.

import { PerspectiveCamera, Spherical, Vector3 } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Hull } from "./box";
import type { Sight } from "./focus";
import type { Place } from "./place";

export type Side = "south" | "north" | "home";

const FLIGHT_MS = 800;
/** Once round the box for a screen that nobody touches. */
const ROUND_MS = 120_000;
/** Metres that the eye moves when somebody turns the view on purpose. */
const A_TURN = 0.02;

/** Pixels at the edges of the canvas that panels cover: what is looked at belongs in the middle of the rest. */
export interface Insets {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export class View {
  readonly camera = new PerspectiveCamera(32, 1, 0.05, 60);
  private readonly controls: OrbitControls;
  private hull: Hull;
  private readonly still: boolean;
  private readonly from = { target: new Vector3(), orbit: new Spherical() };
  private readonly to = { target: new Vector3(), orbit: new Spherical() };
  private readonly scratch = new Vector3();
  private readonly grabbed = new Vector3();
  private insets: Insets = { top: 0, right: 0, bottom: 0, left: 0 };
  private size = { width: 1, height: 1 };
  private began = -1;
  private drifting = false;
  private driftedAt = 0;
  /** The side that is being looked at, until a hand turns the view or it flies to a Pi. */
  private side: Side | null = "home";

  private readonly touched: () => void;

  /** `still`: the visitor asked for less motion, so flights are cuts. `touched`: a hand has taken the view. */
  constructor(element: HTMLElement, hull: Hull, still: boolean, moved: () => void, touched: () => void) {
    this.hull = hull;
    this.touched = touched;
    this.still = still;
    this.controls = new OrbitControls(this.camera, element);
    this.controls.enableDamping = !still;
    this.controls.dampingFactor = 0.09;
    this.controls.maxPolarAngle = 0.53 * Math.PI;
    this.controls.minDistance = 0.25;
    this.controls.maxDistance = 14;
    this.controls.addEventListener("change", moved);
    this.controls.addEventListener("start", () => {
      this.began = -1; // a hand on the view ends a flight
      this.touched();
      this.grabbed.copy(this.camera.position);
    });
    this.controls.addEventListener("end", () => {
      if (this.grabbed.distanceTo(this.camera.position) > A_TURN) this.side = null; // and not just a tap on a Pi
    });
  }

  /** The box has another height than was thought. */
  fitTo(hull: Hull): void {
    this.hull = hull;
    if (this.side) this.look(this.side, 0, true);
  }

  /** Goes round by itself, slowly, for a screen that nobody touches. */
  drift(on: boolean, now: number): void {
    this.drifting = on && !this.still;
    this.driftedAt = now;
  }

  /** The canvas has a new shape, or other panels; whoever has not moved the view keeps the whole box in it. */
  resize(width: number, height: number, insets: Insets): void {
    this.size = { width, height };
    this.insets = insets;
    this.camera.aspect = width / height;
    const { top, right, bottom, left } = insets;
    this.camera.setViewOffset(width, height, (right - left) / 2, (bottom - top) / 2, width, height);
    if (this.side) this.look(this.side, 0, true);
  }

  /** Metres from the eye to what it looks at. */
  get distance(): number {
    return this.camera.position.distanceTo(this.controls.target);
  }

  /** The whole box from one side. */
  look(side: Side, now: number, cut = false): void {
    this.side = side;
    const { bottom, lamp, roofed } = this.hull;
    const { width, depth } = roofed ? this.hull : this.hull.racks;
    const low = roofed ? -0.1 : bottom - 0.1;
    const high = roofed ? lamp[1] + 0.2 : this.hull.top + 0.06;
    this.to.target.set(0, (low + high) / 2, 0);
    const across = (side === "home" ? Math.hypot(width, depth) : width) * 1.05;
    const back = this.fit(across, high - low) + depth / 2;
    const theta = side === "home" ? -0.45 : side === "north" ? Math.PI : 0;
    this.to.orbit.set(back, side === "home" ? 0.47 * Math.PI : 0.485 * Math.PI, theta);
    this.fly(now, cut);
  }

  /** A rack or a shelf, all of it; `behind` = its rear. */
  frame({ target, yaw, across, high }: Sight, behind: boolean, now: number, turned = 0.22): void {
    this.side = null;
    this.to.target.set(...(target as [number, number, number]));
    this.to.orbit.set(Math.max(0.4, this.fit(across, high)), 0.475 * Math.PI, yaw + (behind ? Math.PI : 0) + turned);
    this.fly(now, false);
  }

  /** A Pi from the front, or from behind, near enough to read it. */
  near(place: Place, behind: boolean, now: number): void {
    this.side = null;
    const [out, turned] = [behind ? -0.02 : 0.09, behind ? Math.PI + 0.3 : 0.35]; // its face, drawn out of the shelf; and a little from the side
    this.to.target.set(place.x + Math.sin(place.yaw) * out, place.y, place.z + Math.cos(place.yaw) * out);
    this.to.orbit.set(Math.max(0.5, this.fit(0.42, 0.36)), 0.44 * Math.PI, place.yaw + turned);
    this.fly(now, false);
  }

  /** True = something still moves. */
  update(now: number): boolean {
    if (this.began >= 0) this.step(now);
    else if (this.drifting) this.round(now);
    return this.controls.update() || this.began >= 0 || this.drifting;
  }

  dispose(): void {
    this.controls.dispose();
  }

  /** From how far away so much fits between the panels. */
  private fit(across: number, high: number): number {
    const half = Math.tan((this.camera.fov * Math.PI) / 360);
    const { top, right, bottom, left } = this.insets;
    const free = { width: Math.max(0.3, 1 - (left + right) / this.size.width), height: Math.max(0.3, 1 - (top + bottom) / this.size.height) };
    return Math.max(high / 2 / (half * free.height), across / 2 / (half * this.camera.aspect * free.width)) * 1.04;
  }

  /** Once round in two minutes, up and down a little. */
  private round(now: number): void {
    const passed = Math.min(100, now - this.driftedAt);
    this.driftedAt = now;
    const { orbit } = this.from;
    orbit.setFromVector3(this.scratch.copy(this.camera.position).sub(this.controls.target));
    orbit.theta -= (passed / ROUND_MS) * 2 * Math.PI;
    orbit.phi += ((0.475 + 0.02 * Math.sin(now / 9000)) * Math.PI - orbit.phi) * Math.min(1, passed / 4000);
    this.camera.position.setFromSpherical(orbit).add(this.controls.target);
    this.camera.lookAt(this.controls.target);
  }

  private fly(now: number, cut: boolean): void {
    this.from.target.copy(this.controls.target);
    this.from.orbit.setFromVector3(this.scratch.copy(this.camera.position).sub(this.controls.target));
    const turn = this.to.orbit.theta - this.from.orbit.theta;
    this.to.orbit.theta = this.from.orbit.theta + Math.atan2(Math.sin(turn), Math.cos(turn)); // the short way round
    this.began = now;
    if (cut || this.still) this.step(now + FLIGHT_MS);
  }

  private step(now: number): void {
    const along = Math.min(1, (now - this.began) / FLIGHT_MS);
    const eased = along * along * (3 - 2 * along);
    const { orbit, target } = this.to;
    this.controls.target.lerpVectors(this.from.target, target, eased);
    const part = (a: number, b: number): number => a + (b - a) * eased;
    // Between two sides the way leads round the box, not through it.
    const wide = Math.sin(along * Math.PI) * Math.min(2, Math.abs(orbit.theta - this.from.orbit.theta));
    this.camera.position
      .setFromSphericalCoords(
        part(this.from.orbit.radius, orbit.radius) + wide,
        part(this.from.orbit.phi, orbit.phi),
        part(this.from.orbit.theta, orbit.theta),
      )
      .add(this.controls.target);
    this.camera.lookAt(this.controls.target);
    if (along === 1) this.began = -1;
  }
}
