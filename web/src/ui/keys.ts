// Owns the keyboard: which key means what. It moves nothing itself. Called by main.

import { MODES, type Mode } from "../palette";
import type { Direction } from "../select";

export interface KeyActions {
  move(direction: Direction): void;
  mode(mode: Mode): void;
  search(): void;
  fly(): void;
  close(): void;
  look(side: "south" | "north" | "home"): void;
  /** From the Pi to its shelf, from there to its rack, to the box. */
  back(): void;
  rear(): void;
  xray(): void;
  photo(): void;
  table(): void;
  play(): void;
  live(): void;
  /** A little back (-1) or on (1) in time. */
  step(direction: number): void;
}

const ARROWS: ReadonlyMap<string, Direction> = new Map([
  ["ArrowLeft", "left"],
  ["ArrowRight", "right"],
  ["ArrowUp", "up"],
  ["ArrowDown", "down"],
]);

/** What a key does, or null. Pure, so that it can be tested without a keyboard. */
export function actionOf(key: string, actions: KeyActions): (() => void) | null {
  const arrow = ARROWS.get(key);
  if (arrow) return () => actions.move(arrow);
  const mode = MODES[Number(key) - 1];
  if (mode) return () => actions.mode(mode);
  switch (key) {
    case "/": return () => actions.search();
    case "f": return () => actions.fly();
    case "s": return () => actions.look("south");
    case "n": return () => actions.look("north");
    case "h": return () => actions.look("home");
    case "g": return () => actions.back();
    case "r": return () => actions.rear();
    case "x": return () => actions.xray();
    case "c": return () => actions.photo();
    case "t": return () => actions.table();
    case "p": return () => actions.play();
    case "l": return () => actions.live();
    case ",": return () => actions.step(-1);
    case ".": return () => actions.step(1);
    case "Escape": return () => actions.close();
    default: return null;
  }
}

export function listen(actions: KeyActions): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    if (target.matches("input, textarea, select")) return;
    // Inside the panel the arrows scroll, as everywhere on the web.
    if (ARROWS.has(event.key) && target.closest("#panel, #timeline")) return;
    const action = actionOf(event.key, actions);
    if (!action) return;
    event.preventDefault();
    action();
  });
}
