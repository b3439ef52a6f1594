// Owns the page: it makes the parts, tells each what the others did, and reads the address line. No logic of its own
// beyond that. /#node=<id>&t=<time> opens at a node and a moment, /?by=cpu|temperature|memory|status chooses the colours,
// /?view=table the table, &rack= and &shelf= behind the # what the view holds. /?kiosk is for a screen that nobody touches.

import "./ui/style.css";
import type { Place } from "./address";
import { TwinError } from "./errors";
import { parseLayout, type Layout } from "./layout";
import { History } from "./history";
import { Link } from "./link";
import { FETCHING, modelFiles } from "./models";
import { rowColor, type View } from "./paint";
import { MODES, type Mode } from "./palette";
import type { Hello, StoreState } from "./protocol.gen";
import { Replay } from "./replay";
import { TwinScene } from "./scene/scene";
import { Moves, Selection } from "./select";
import { twinSocket } from "./socket";
import { State } from "./state";
import { AddressLine } from "./ui/addressline";
import { ColourBy } from "./ui/colourby";
import { Connection } from "./ui/connection";
import { Counts } from "./ui/counts";
import { part, say } from "./ui/dom";
import type { Kiosk } from "./ui/kiosk";
import { insets } from "./ui/insets";
import { listen } from "./ui/keys";
import { NodeCharts } from "./ui/nodecharts";
import { Panel } from "./ui/panel";
import { PastFrame } from "./ui/past";
import { offerRoom } from "./ui/room";
import { Presses } from "./ui/presses";
import { SearchBox } from "./ui/searchbox";
import { Sharing } from "./ui/sharing";
import { StoreLine } from "./ui/storeline";
import { Table } from "./ui/table";
import { Timeline } from "./ui/timeline";
import { Tour } from "./ui/tour";
import { VrDoor } from "./vr/door";

const TICK_MS = 250;
/** A shared replay that is begun in the present begins so long ago: nearer would be the present again. */
const SHARED_BACK_MS = 10_000;
const LAYOUT_RETRY_MS = 3000;

const now = (): number => performance.now();
const address = new AddressLine(now, follow);
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const asked = address.said("by") as Mode | null;

const state = new State();
const shown: View = { mode: asked && MODES.includes(asked) ? asked : "cpu", silent: true };
const selection = new Selection();
const socket = twinSocket();
/** Set up before link, so that a connection that comes back says which time it wants before anything else. */
const replay = new Replay({ socket, shownMs: () => state.pastMs }, () => refresh());
const link = new Link(
  { socket, state, now, later: (ms, run) => void setTimeout(run, ms) },
  {
    phase: () => refresh(),
    taken: () => {
      scene?.ask();
      if (seated !== state.moves) reseat();
    },
    hello: (hello) => {
      if (hello.epoch !== epoch) panel.forget();
      epoch = hello.epoch;
      void learn(hello);
    },
    node: (detail) => {
      panel.report(detail);
      door.report(detail);
      panel.update(now(), shown.silent);
    },
  },
);
const panel = new Panel(state, () => selection.set(""), fly);
const past = new History();
const timeline = new Timeline({ state, replay, history: past, now });
const charts = new NodeCharts(past, now);
const sharing = new Sharing(replay, () => timeline.nowMs - SHARED_BACK_MS);
const frame = new PastFrame();
const storeLine = new StoreLine();
const connection = new Connection();
const colours = new ColourBy(colourBy, () => {
  counts.paint();
  refresh();
});
const counts = new Counts(); // after the palette is known
const table = new Table(state, choose);
const searchBox = new SearchBox(state, (row) => {
  choose(row);
  fly();
});

const door = new VrDoor({ state, socket, name: (new URLSearchParams(location.search).get("name") ?? "").trim().slice(0, 24), history: past, now, silent: () => shown.silent, selectedRow, notice,
  choose: (row) => selection.set(row >= 0 ? state.roster.id[row]! : "") });

const tour = new Tour({ scene: () => scene, slot: () => state.roster.slot[selectedRow()] ?? -1, chosen: () => selection.id !== "", changed: () => refresh() });

const big = address.said("kiosk") !== null;
let kiosk: Kiosk | null = null;

let scene: TwinScene | null = null;
let moves: Moves | null = null;
let built: Layout | null = null;
let layoutHash = "";
let seated = -1;
let watched = "";
let epoch = -1;
/** A switch whose first Pi a link asks for, until it is there. */
let switchIp = "";

/** The row of the selected node; -1 = none, or one that nobody knows yet. */
function selectedRow(): number {
  return selection.id === "" ? -1 : state.roster.rowOf(selection.id);
}

function choose(row: number): void {
  if (row >= 0) selection.set(state.roster.id[row]!);
}

function fly(): void {
  tour.go({ kind: "node" });
}

function colourBy(mode: Mode): void {
  shown.mode = mode;
  colours.show(mode);
  address.remember("by", mode);
  timeline.show(mode);
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
  findSwitch();
  refresh();
  scene?.resize();
}

function refresh(): void {
  shown.silent = link.silent;
  counts.update(state, now());
  connection.update(link, now(), replay.past);
  time();
  panel.update(now(), shown.silent);
  tour.update();
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
    void dress(hello.model.hash);
    void offerRoom();
    say(part("model"), hello.model.name);
    notice("");
  } catch (error) {
    layoutHash = "";
    notice(`The model of the cluster cannot be shown. ${error instanceof Error ? error.message : String(error)}`);
    setTimeout(() => void learn(hello), LAYOUT_RETRY_MS);
  }
}

/** The model itself, which may be late or missing: until then, and else, the scene draws the layout plainly. */
async function dress(hash: string): Promise<void> {
  const wearer = scene;
  try {
    for await (const { detail, bytes, name } of modelFiles(FETCHING)) {
      if (wearer === null || wearer !== scene) return;
      await wearer.wear(detail, bytes, name, hash);
    }
  } catch (error) {
    if (wearer !== scene) return;
    part("model").append(" · drawn plainly");
    part("model").title = error instanceof Error ? error.message : String(error);
  }
}

function build(layout: Layout): void {
  moves = new Moves(layout);
  built = layout;
  panel.know(layout);
  table.know(layout);
  scene?.dispose();
  scene = null;
  try {
    scene = new TwinScene({ canvas: part<HTMLCanvasElement>("view"), labels: part("labels"), layout, state, shown, selectedRow, now, still, insets: () => insets(big), touched: () => kiosk?.touched() });
  } catch {
    document.body.classList.add("flat");
    say(part("flat-note"), "This browser cannot draw in 3D (WebGL 2 is missing or switched off), so here is the cluster as a table.");
    table.show(true);
  }
  door.meet(scene, layout);
  tour.know(layout);
  kiosk?.again();
  reseat();
}

function notice(text: string): void {
  say(part("notice"), text);
  part("notice").hidden = text === "";
}

/** Everything that shows which time it is. */
function time(): void {
  timeline.update();
  const { at, ago } = timeline.past;
  frame.update(at, ago);
  sharing.update();
  const row = selectedRow();
  charts.update(row >= 0 ? state.roster.id[row]! : "", timeline.span, replay.atMs, timeline.nowMs);
  if (switchIp === "") address.show(selection.id, replay.past ? replay.atMs : null, tour.focus, replay.running);
}

/** Goes where a link points. */
function follow(place: Place): void {
  switchIp = place.switchIp;
  if (switchIp === "") selection.set(place.node);
  else findSwitch();
  if (place.focus) tour.ask(place.focus);
  if (place.atMs !== null && !big) timeline.goTo(place.atMs);
  else if (replay.past) timeline.live();
  timeline.wrong = place.wrong;
  refresh();
}

/** The first Pi of the switch that a printed marker names, once the model and the roster know it. */
function findSwitch(): void {
  if (switchIp === "" || !built) return;
  const { slots } = built;
  const row = state.roster.slot.findIndex((slot, at) => slot >= 0 && slots.switchIp[slot] === switchIp && state.roster.known(at));
  if (row < 0) return;
  switchIp = "";
  choose(row);
  fly();
}

/** The big screen: no controls at once, the rest as soon as it is there. */
async function grow(): Promise<void> {
  document.body.classList.add("kiosk");
  const { Kiosk: Made } = await import("./ui/kiosk");
  kiosk = new Made({ live: () => link.phase === "live", now, drift: (on) => scene?.drift(on) });
}

/** A picture of what is seen, with the time that is shown. */
async function photo(): Promise<void> {
  if (!scene || !built) return;
  const atMs = replay.past ? replay.atMs : timeline.nowMs;
  try {
    const { takePhoto } = await import("./ui/photo");
    await takePhoto(scene, { name: built.name, atMs, past: replay.past, counts: counts.words });
  } catch (error) {
    notice(`No picture could be taken. ${error instanceof Error ? error.message : String(error)}`);
  }
}

function flat(open: boolean): void {
  table.show(open || scene === null);
  part("view-table").setAttribute("aria-pressed", String(table.open));
  refresh();
}

selection.onChange(() => reseat());
socket.on("store", (store: StoreState) => storeLine.show(store));
part("time-link").addEventListener("click", () => void address.copy(selection.id, replay.past ? replay.atMs : timeline.nowMs, tour.focus));
listen({
  move: (direction) => moves && choose(moves.next(state.roster, selectedRow(), direction)),
  mode: colourBy,
  search: () => searchBox.focus(),
  fly,
  close: () => selection.set(""),
  look: (side) => tour.look(side),
  back: () => tour.back(),
  rear: () => tour.rear(),
  xray: () => tour.xray(),
  photo: () => void photo(),
  table: () => flat(!table.open),
  play: () => timeline.toggle(),
  live: () => timeline.live(),
  step: (direction) => timeline.step(direction),
});
for (const side of ["home", "south", "north"] as const) part(`view-${side}`).addEventListener("click", () => tour.look(side));
part("view-table").addEventListener("click", () => flat(!table.open));
part("view-photo").addEventListener("click", () => void photo());

const presses = new Presses();
part("view").addEventListener("pointerdown", (event) => presses.down(event.clientX, event.clientY));
part("view").addEventListener("pointerup", (event) => {
  const press = event.button === 0 ? presses.up(event.clientX, event.clientY, event.timeStamp) : "turned";
  if (press === "once") selection.set(state.roster.id[scene?.rowUnder(event.clientX, event.clientY, event.pointerType !== "mouse") ?? -1] ?? "");
  if (press === "twice" && selection.id === "") tour.back();
  else if (press === "twice") tour.nearer();
});

part("view-ar").hidden = !navigator.mediaDevices; // cameras are there over HTTPS only
colours.show(shown.mode);
timeline.show(shown.mode);
if (address.said("view") === "table") flat(true);
follow(address.place);
if (big) void grow();
setInterval(() => {
  link.tick();
  refresh();
  kiosk?.update();
}, TICK_MS);
socket.connect();

/** For tests and the curious, to read and not to change: the live state, the link, and what the page shows of a row. */
const twin = Object.freeze({
  state,
  link,
  replay,
  select: (id: string) => selection.set(id),
  /** Colour of a row as the legend has it, sRGB 0..255. */
  rowColor: (row: number) => rowColor(state, shown, row, now()),
  /** Where on the page a row's Pi is, and which row is at a point of the page. */
  pageOf: (row: number) => scene?.pageOf(row) ?? null,
  rowUnder: (x: number, y: number) => scene?.rowUnder(x, y, false) ?? -1,
  /** Draw calls, triangles and script milliseconds of the last drawn frame. */
  cost: () => scene?.cost() ?? null,
  /** What of the model is worn: "far", "near", "pi". */
  worn: () => scene?.worn ?? [],
  /** What the hands in a headset mean just now; null outside. */
  vr: () => door.session?.says ?? null,
});
export type Twin = typeof twin;
Object.defineProperty(window, "twin", { value: twin });
