// Owns the same cluster as a flat table: a row a shelf, a cell a Pi, colour and glyph as in 3D. It is what is shown where
// there is no WebGL, and what anybody may choose. Reads state; called by main.

import type { Layout } from "../layout";
import { LOOKS, css, statusName } from "../palette";
import { rowColor, type View } from "../paint";
import type { State } from "../state";
import { el, part, say } from "./dom";

const ACROSS = 21;

export class Table {
  private readonly box = part("table");
  private readonly body = el("tbody");
  private readonly state: State;
  private layout: Layout | null = null;
  private cells = new Map<number, HTMLElement>();
  private builtFor = -1;

  constructor(state: State, chosen: (row: number) => void) {
    this.state = state;
    const caption = el("caption", {}, "Every Pi, one shelf a line. Choose one to read its report.");
    this.box.append(el("table", {}, caption, this.body));
    this.body.addEventListener("click", (event) => {
      const row = (event.target as HTMLElement).closest("td")?.dataset["row"];
      if (row !== undefined) chosen(Number(row));
    });
  }

  get open(): boolean {
    return !this.box.hidden;
  }

  show(open: boolean): void {
    this.box.hidden = !open;
  }

  know(layout: Layout): void {
    this.layout = layout;
    this.builtFor = -1;
  }

  update(view: View, now: number, selected: number): void {
    if (!this.open) return;
    if (this.builtFor !== this.state.moves) this.build();
    for (const [row, cell] of this.cells) {
      const status = statusName(this.state.statusAt(row, now));
      cell.style.backgroundColor = css(rowColor(this.state, view, row, now));
      cell.style.color = css(LOOKS[status].rgb);
      say(cell, status === "online" ? "" : LOOKS[status].glyph);
      cell.title = `${this.state.roster.id[row]} · ${status}`;
      cell.classList.toggle("chosen", row === selected);
    }
  }

  private build(): void {
    this.builtFor = this.state.moves;
    this.cells.clear();
    const lines = this.shelves().map(([name, rows]) =>
      el("tr", {}, el("th", { scope: "row" }, name), ...rows.map((row) => this.cell(row))));
    this.body.replaceChildren(...lines);
  }

  private cell(row: number): HTMLElement {
    if (row < 0) return el("td", { class: "empty" });
    const cell = el("td", { "data-row": String(row) });
    this.cells.set(row, cell);
    return cell;
  }

  private shelves(): [string, number[]][] {
    const { roster } = this.state;
    const lines: [string, number[]][] = [];
    const slots = this.layout?.slots;
    const seen = new Map<number, number[]>();
    slots?.shelf.forEach((shelf, slot) => {
      const rows = seen.get(shelf) ?? [];
      if (!seen.has(shelf)) lines.push([`${slots.rack[slot]!.replaceAll("-", " ")} ${shelf + 1}`, rows]);
      seen.set(shelf, rows);
      rows.push(roster.rowAt(slot));
    });
    const waiting = [...Array(roster.size).keys()].filter((row) => roster.known(row) && (roster.slot[row]! < 0 || !slots));
    for (let at = 0; at < waiting.length; at += ACROSS) lines.push(["holding area", waiting.slice(at, at + ACROSS)]);
    return lines;
  }
}
