// Owns the panel of the selected node: where it is, what it last said in full, and how old that is, ticking. A bottom
// sheet on a phone. Reads state, roster and layout; the full report arrives by `report`. Called by main.

import type { Layout } from "../layout";
import { LOOKS, SCALES, css, rampColor, statusName } from "../palette";
import type { NodeDetail } from "../protocol.gen";
import { NOT_REPORTED, ageText, clockText, extrasOf, linesOf, processesOf, type Line } from "../report";
import type { State } from "../state";
import { el, part, say } from "./dom";

const PROCESS_COLUMNS = ["Process", "User", "PID", "CPU %", "Mem %"];

export class Panel {
  private readonly box = part("panel");
  private readonly name = part("node-name");
  private readonly status = part("node-status");
  private readonly age = part("node-age");
  private readonly facts = part("node-facts");
  private readonly metrics = part("node-metrics");
  private readonly processes = part("node-processes");
  private readonly extras = part("node-extras");
  private readonly clock = part("node-clock");
  private readonly state: State;
  private layout: Layout | null = null;
  private detail: NodeDetail | null = null;
  private row = -1;

  constructor(state: State, closed: () => void, fly: () => void) {
    this.state = state;
    part("panel-close").addEventListener("click", closed);
    part("panel-fly").addEventListener("click", fly);
  }

  know(layout: Layout): void {
    this.layout = layout;
  }

  /** Shows a row; -1 with an id = somebody the roster does not know (yet). */
  open(id: string, row: number): void {
    if (row !== this.row || id === "") this.detail = null;
    this.row = row;
    this.box.hidden = id === "";
    document.body.classList.toggle("with-panel", id !== "");
    say(this.name, row >= 0 ? this.state.roster.id[row]! : id);
  }

  /** What was reported is of another time or another life of the server. */
  forget(): void {
    this.detail = null;
  }

  report(detail: NodeDetail): void {
    if (detail.row === this.row) this.detail = detail;
  }

  /** Several times a second: ages tick, values follow the frames. */
  update(now: number, silent: boolean): void {
    if (this.box.hidden) return;
    if (this.row < 0) {
      this.nobody();
      return;
    }
    const { state, row, detail } = this;
    const look = LOOKS[statusName(state.statusAt(row, now))];
    const word = `${look.glyph} ${statusName(state.statusAt(row, now))}`;
    say(this.status, word);
    this.status.style.color = css(look.rgb);
    this.status.title = look.says;
    const age = state.age(row, now);
    const heard = state.past ? ageText(age).replaceAll("ago", "before then") : ageText(age);
    say(this.age, `heard ${heard}${silent ? " · the wire is silent" : ""}`);
    say(this.clock, clockText(detail?.skew_ms ?? NaN));
    this.clock.hidden = this.clock.textContent === "";
    this.box.classList.toggle("stale", silent || age > 1.5 * state.periodMs);
    const known = { cpu: state.cpu[row]!, memory: state.memory[row]!, disk: state.disk[row]!, temperature: state.temperature[row]! };
    this.fill(this.facts, factsOf(state, row, this.layout), ([label, text]) => [el("dt", {}, label), el("dd", {}, text)]);
    this.fill(this.metrics, linesOf(known, detail?.report ?? null), metricOf);
    this.fill(this.extras, extrasOf(detail?.report ?? null), ([key, value]) => [el("dt", {}, key), el("dd", {}, value)]);
    this.table();
  }

  private nobody(): void {
    say(this.status, "? not in the roster");
    say(this.age, this.state.past ? "this node had not been heard of by then" : "this node has not been heard of");
    this.clock.hidden = true;
    for (const list of [this.facts, this.metrics, this.extras, this.processes]) list.replaceChildren();
  }

  private table(): void {
    const processes = processesOf(this.detail?.report ?? null);
    const { past } = this.state;
    const key = JSON.stringify([this.detail === null, past, processes]);
    if (this.processes.dataset["shown"] === key) return;
    this.processes.dataset["shown"] = key;
    if (processes.length === 0) {
      const waiting = this.detail === null;
      const none = past ? "Its processes of that time are not here: on their way, or not kept." : "It has never sent a report.";
      const text = waiting ? "Waiting for its full report…" : this.detail?.report ? "It names no processes." : none;
      this.processes.replaceChildren(el("caption", {}, text));
      return;
    }
    const head = el("tr", {}, ...PROCESS_COLUMNS.map((text) => el("th", { scope: "col" }, text)));
    const rows = processes.map((one) =>
      el("tr", {}, ...[one.name, one.user, one.pid, one.cpu, one.memory].map((text) => el("td", {}, text))));
    this.processes.replaceChildren(el("thead", {}, head), el("tbody", {}, ...rows));
  }

  /** Rebuilds a list only when what it says has changed, so that text can be marked and copied. */
  private fill<T>(list: HTMLElement, items: readonly T[], made: (item: T) => Node[]): void {
    const key = JSON.stringify(items);
    if (list.dataset["shown"] === key) return;
    list.dataset["shown"] = key;
    list.replaceChildren(...items.flatMap(made));
  }
}

function factsOf(state: State, row: number, layout: Layout | null): [string, string][] {
  const { roster } = state;
  const facts: [string, string][] = [
    ["IP", roster.ip[row] || NOT_REPORTED],
    ["MAC", roster.mac[row] || NOT_REPORTED],
  ];
  const slot = roster.slot[row]!;
  if (slot < 0 || !layout?.slots.id[slot]) return [...facts, ["Place", "holding area: nobody has placed this Pi yet"]];
  const { rack, bank, shelf, switchIp, port } = layout.slots;
  return [
    ...facts,
    ["Switch", `${switchIp[slot]!}, port ${port[slot]!}`],
    ["Place", `${rack[slot]!.replaceAll("-", " ")} rack, bank ${bank[slot]! + 1}, shelf ${shelf[slot]! + 1}`],
  ];
}

function metricOf({ label, text, share, mode }: Line): Node[] {
  const fill = el("span", { class: "fill" });
  const part = Number.isNaN(share) ? 0 : Math.min(1, Math.max(0, share));
  fill.style.width = `${(100 * part).toFixed(1)}%`;
  const scale = mode ? SCALES[mode] : SCALES.cpu;
  fill.style.backgroundColor = mode ? css(rampColor(scale, scale.low + part * (scale.high - scale.low))) : "#6f86b5";
  const [value, more] = text.split(" · ");
  return [
    el("dt", {}, label),
    el("dd", { class: Number.isNaN(share) ? "missing" : "" }, el("b", {}, value!), more ? el("small", {}, more) : "",
      el("span", { class: "bar", "aria-hidden": "true" }, fill)),
  ];
}
