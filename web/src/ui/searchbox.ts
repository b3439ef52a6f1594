// Owns the search box and its list of answers: a combobox as screen readers know it. Called by main.

import { search } from "../search";
import type { State } from "../state";
import { el, part, say } from "./dom";

export class SearchBox {
  readonly input = part<HTMLInputElement>("search");
  private readonly list = part("found");
  private readonly note = part("found-note");
  private readonly state: State;
  private readonly chosen: (row: number) => void;
  private rows: number[] = [];
  private at = -1;

  constructor(state: State, chosen: (row: number) => void) {
    this.state = state;
    this.chosen = chosen;
    this.input.addEventListener("input", () => this.look());
    this.input.addEventListener("focus", () => this.look());
    this.input.addEventListener("blur", () => this.show([], 0));
    this.input.addEventListener("keydown", (event) => this.key(event));
    // pointerdown, not click: the click would come after the blur has closed the list.
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const item = (event.target as HTMLElement).closest("li");
      if (item) this.choose([...this.list.children].indexOf(item));
    });
  }

  focus(): void {
    this.input.focus();
    this.input.select();
  }

  private look(): void {
    const { rows, total } = search(this.state.roster, this.input.value, 8);
    this.show(rows, total);
  }

  private show(rows: number[], total: number): void {
    const { roster } = this.state;
    this.rows = rows;
    this.at = -1;
    this.list.replaceChildren(
      ...rows.map((row, index) =>
        el("li", { role: "option", id: `found-${index}`, "aria-selected": "false" },
          el("b", {}, roster.id[row]!), el("span", {}, [roster.ip[row]!, roster.mac[row]!].filter(Boolean).join(" · "))),
      ),
    );
    this.list.hidden = rows.length === 0;
    this.input.setAttribute("aria-expanded", String(rows.length > 0));
    this.input.removeAttribute("aria-activedescendant");
    const typed = this.input.value.trim() !== "" && document.activeElement === this.input;
    say(this.note, !typed ? "" : total === 0 ? "Nobody has that in its name" : total > rows.length ? `${rows.length} of ${total}` : "");
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.mark(this.at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && this.rows.length > 0) {
      this.choose(Math.max(0, this.at));
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.input.value = "";
      this.input.blur();
    }
  }

  private mark(at: number): void {
    if (this.rows.length === 0) return;
    this.at = (at + this.rows.length) % this.rows.length;
    [...this.list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === this.at)));
    this.input.setAttribute("aria-activedescendant", `found-${this.at}`);
  }

  private choose(index: number): void {
    const row = this.rows[index];
    if (row === undefined) return;
    this.input.value = "";
    this.input.blur();
    this.chosen(row);
  }
}
