// Owns where the model is cut open, so that the rear of the racks of one side can be seen: everything behind them is left
// out. Pure. Called by scene; read by nodes, marks, pick and (as four numbers) by the shaders.

import type { Layout, Part } from "../layout";

/** What lies beyond is left out: x * point.x + z * point.z > w. Metres. */
export interface Cut {
  readonly x: number;
  readonly z: number;
  readonly w: number;
  /** Which way the racks face that stay. */
  readonly yaw: number;
}

/** Metres behind the racks. */
const BEHIND = 0.004;

export function beyond(cut: Cut, { x, z }: { readonly x: number; readonly z: number }): boolean {
  return cut.x * x + cut.z * z > cut.w;
}

/** Behind the racks that face as this one does. */
export function cutBehind(layout: Layout, rack: Part): Cut {
  const [x, z] = [-Math.sin(rack.yaw), -Math.cos(rack.yaw)];
  const along = layout.racks.filter(({ yaw }) => Math.abs(Math.sin(yaw - rack.yaw)) < 0.01 && Math.cos(yaw - rack.yaw) > 0);
  return { x, z, w: Math.max(...along.map(({ position, size }) => x * position[0] + z * position[2] + size[2] / 2)) + BEHIND, yaw: rack.yaw };
}

/** The rack whose front is looked at most squarely from there. */
export function rackFacing(layout: Layout, eye: { readonly x: number; readonly z: number }): Part | null {
  const facing = ({ position: [x, , z], yaw }: Part): number => Math.sin(yaw) * (eye.x - x) + Math.cos(yaw) * (eye.z - z);
  return [...layout.racks].sort((a, b) => facing(b) - facing(a))[0] ?? null;
}
