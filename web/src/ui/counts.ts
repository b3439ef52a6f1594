// Owns the numbers: how many nodes there are, and how many of each status. Reads state twice a second; called by main.

import { LOOKS, css } from "../palette";
import { STATUSES } from "../protocol.gen";
import type { State } from "../state";
import { el, part, say } from "./dom";

/** Shown even when it is 0: that none is lost is news too. */
const ALWAYS = new Set(["online", "late", "lost"]);

export class Counts {
  private readonly numbers = new Uint32Array(STATUSES.length);
  private readonly total = part("total");
  private readonly chips = STATUSES.map((status) => {
    const glyph = el("i", { "aria-hidden": "true" }, LOOKS[status].glyph);
    const number = el("b", {}, "0");
    const chip = el("li", { class: `chip ${status}`, title: LOOKS[status].says }, glyph, number, el("span", {}, status));
    return { chip, glyph, number, status };
  });

  constructor() {
    const order = ["online", "busy", "late", "lost", "rebooting", "unknown"];
    const sorted = [...this.chips].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
    part("counts").append(...sorted.map(({ chip }) => chip));
    this.paint();
  }

  /** Another palette was chosen. */
  paint(): void {
    for (const { glyph, status } of this.chips) glyph.style.color = css(LOOKS[status].rgb);
  }

  /** "1,049 online", "1 lost", ... of those that there are, the most first. */
  get words(): string[] {
    const found = STATUSES.map((status, index) => ({ status, count: this.numbers[index]! })).filter(({ count }) => count > 0);
    return found.sort((a, b) => b.count - a.count).map(({ status, count }) => `${count.toLocaleString("en")} ${status}`);
  }

  update(state: State, now: number): void {
    const nodes = state.count(now, this.numbers);
    say(this.total, nodes.toLocaleString("en"));
    this.chips.forEach(({ chip, number, status }, index) => {
      const count = this.numbers[index]!;
      say(number, count.toLocaleString("en"));
      chip.hidden = count === 0 && !ALWAYS.has(status);
      chip.classList.toggle("none", count === 0);
    });
  }
}
