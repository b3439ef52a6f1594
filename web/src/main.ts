// Owns the page: it makes the parts, tells each what the others did, and reads the address line. No logic of its own
// beyond that. /?node=<id> selects a node, /?by=cpu|temperature|memory|status chooses the colours, /?view=table the table.

import "./ui/style.css";
import { TwinError } from "./errors";
import { parseLayout, type Layout } from "./layout";
import { History } from "./history";
import { Link } from "./link";
import { rowColor, type View } from "./paint";
import { MODES, type Mode } from "./palette";
import type { Hello } from "./protocol.gen";
import type { Insets } from "./scene/camera";
import { TwinScene } from "./scene/scene";
import { Moves, Selection } from "./select";
import { twinSocket } from "./socket";
import { State } from "./state";
import { ColourBy } from "./ui/colourby";
import { Connection } from "./ui/connection";
import { Counts } from "./ui/counts";
import { part, say } from "./ui/dom";
import { listen } from "./ui/keys";
import { Panel } from "./ui/panel";
import { SearchBox } from "./ui/searchbox";
import { Table } from "./ui/table";
import { VrDoor } from "./vr/door";

const TICK_MS = 250;
const LAYOUT_RETRY_MS = 3000;
/** A press that moved further than this many pixels was an orbit, not a choice. */
const CLICK_SLACK = 6;

const address = new URL(location.href);
const now = (): number => performance.now();
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const asked = address.searchParams.get("by") as Mode | null;

const state = new State();
const shown: View = { mode: asked && MODES.includes(asked) ? asked : "cpu", silent: true };
const selection = new Selection();
const socket = twinSocket();
const link = new Link(
  { socket, state, now, later: (ms, run) => void setTimeout(run, ms) },
  {
    phase: () => refresh(),
    taken: () => {
      scene?.ask();
      if (seated !== state.moves) reseat();
    },
    hello: (hello) => void learn(hello),
    node: (detail) => {
      panel.report(detail);
      door.report(detail);
      panel.update(now(), shown.silent);
    },
  },
);
const panel = new Panel(state, () => selection.set(""), fly);
const counts = new Counts();
const connection = new Connection();
const colours = new ColourBy(colourBy);
const table = new Table(state, choose);
const searchBox = new SearchBox(state, (row) => {
  choose(row);
  fly();
});

const door = new VrDoor({ state, history: new History(), now, silent: () => shown.silent, selectedRow, notice,
  choose: (row) => selection.set(row >= 0 ? state.roster.id[row]! : "") });

let scene: TwinScene | null = null;
let moves: Moves | null = null;
let layoutHash = "";
let seated = -1;
let watched = "";

/** The row of the selected node; -1 = none, or one that nobody knows yet. */
function selectedRow(): number {
  return selection.id === "" ? -1 : state.roster.rowOf(selection.id);
}

function choose(row: number): void {
  if (row >= 0) selection.set(state.roster.id[row]!);
}

function fly(): void {
  scene?.flyTo(selectedRow());
}

function colourBy(mode: Mode): void {
  shown.mode = mode;
  colours.show(mode);
  remember("by", mode);
  refresh();
}

/** Who is selected, or where that node sits, has changed. */
function reseat(): void {
  seated = state.moves;
  const row = selectedRow();
  panel.open(selection.id, row);
  const id = row >= 0 ? state.roster.id[row]! : "";
  if (id !== watched) link.watch(id === "" ? [] : [id]);
  watched = id;
  refresh();
  scene?.resize();
}

function refresh(): void {
  shown.silent = link.silent;
  counts.update(state, now());
  connection.update(link, now());
  panel.update(now(), shown.silent);
  table.update(shown, now(), selectedRow());
  scene?.ask();
}

/** The server named its model: fetch it when it is another than the one that is shown. */
async function learn(hello: Hello): Promise<void> {
  const key = `${hello.model.layout} ${hello.model.hash}`;
  if (key === layoutHash) return;
  layoutHash = key;
  try {
    const answer = await fetch(hello.model.layout, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new TwinError("layout_fetch", `${hello.model.layout}: the server answers ${answer.status}`, true);
    build(parseLayout(await answer.json()));
    say(part("model"), hello.model.name);
    notice("");
  } catch (error) {
    layoutHash = "";
    notice(`The model of the cluster cannot be shown. ${error instanceof Error ? error.message : String(error)}`);
    setTimeout(() => void learn(hello), LAYOUT_RETRY_MS);
  }
}

function build(layout: Layout): void {
  moves = new Moves(layout);
  panel.know(layout);
  table.know(layout);
  scene?.dispose();
  scene = null;
  try {
    scene = new TwinScene({ canvas: part<HTMLCanvasElement>("view"), layout, state, shown, selectedRow, now, still, insets });
  } catch {
    document.body.classList.add("flat");
    say(part("flat-note"), "This browser cannot draw in 3D (WebGL 2 is missing or switched off), so here is the cluster as a table.");
    table.show(true);
  }
  door.meet(scene, layout);
  reseat();
}

/** What lies over the 3D view: at the right of a desktop, above and below on a phone, at the right of one that lies. */
function insets(): Insets {
  const covers = (id: string, side: "width" | "height"): number => part(id).getBoundingClientRect()[side];
  const sheet = !part("panel").hidden;
  const [narrow, low] = [innerWidth <= 900, innerHeight <= 500];
  const beside = sheet ? covers("panel", "width") + 20 : 0;
  if (!narrow) return { top: 0, right: beside, bottom: covers("views", "height") + 30, left: 0 };
  if (low) return { top: 0, right: beside, bottom: 0, left: covers("colours", "width") };
  const below = sheet ? covers("panel", "height") : covers("colours", "height") + covers("views", "height");
  return { top: 145, right: 0, bottom: below, left: 0 };
}

function notice(text: string): void {
  say(part("notice"), text);
  part("notice").hidden = text === "";
}

function remember(key: string, value: string): void {
  if (value === "") address.searchParams.delete(key);
  else address.searchParams.set(key, value);
  history.replaceState(null, "", address);
}

function flat(open: boolean): void {
  table.show(open || scene === null);
  part("view-table").setAttribute("aria-pressed", String(table.open));
  refresh();
}

selection.onChange((id) => {
  remember("node", id);
  reseat();
});
listen({
  move: (direction) => moves && choose(moves.next(state.roster, selectedRow(), direction)),
  mode: colourBy,
  search: () => searchBox.focus(),
  fly,
  close: () => selection.set(""),
  look: (side) => scene?.look(side),
  table: () => flat(!table.open),
});
for (const side of ["home", "south", "north"] as const) part(`view-${side}`).addEventListener("click", () => scene?.look(side));
part("view-table").addEventListener("click", () => flat(!table.open));

let pressed = { x: 0, y: 0 };
part("view").addEventListener("pointerdown", (event) => (pressed = { x: event.clientX, y: event.clientY }));
part("view").addEventListener("pointerup", (event) => {
  if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > CLICK_SLACK || event.button !== 0) return;
  selection.set(state.roster.id[scene?.rowUnder(event.clientX, event.clientY, event.pointerType !== "mouse") ?? -1] ?? "");
});

colours.show(shown.mode);
if (address.searchParams.get("view") === "table") flat(true);
selection.set(address.searchParams.get("node") ?? "");
setInterval(() => {
  link.tick();
  refresh();
}, TICK_MS);
socket.connect();

/** For tests and the curious, to read and not to change: the live state, the link, and what the page shows of a row. */
const twin = Object.freeze({
  state,
  link,
  select: (id: string) => selection.set(id),
  /** Colour of a row as the legend has it, sRGB 0..255. */
  rowColor: (row: number) => rowColor(state, shown, row, now()),
  /** Where on the page a row's Pi is, and which row is at a point of the page. */
  pageOf: (row: number) => scene?.pageOf(row) ?? null,
  rowUnder: (x: number, y: number) => scene?.rowUnder(x, y, false) ?? -1,
  /** Draw calls, triangles and script milliseconds of the last drawn frame. */
  cost: () => scene?.cost() ?? null,
  /** What the hands in a headset mean just now; null outside. */
  vr: () => door.session?.says ?? null,
});
export type Twin = typeof twin;
Object.defineProperty(window, "twin", { value: twin });
