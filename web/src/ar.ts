// Owns the /ar page: the camera's picture with every Pi's live state over it. It makes the parts and passes on what they say.
// /ar?by=temperature chooses the colours; ?ruler draws the crosses of the ruler's sheet instead of Pis, to measure the error;
// ?survey and ?calibrate are walks (arpage/guide.ts); ?trace keeps the fixes for tests (window.ar).

import "./arpage/style.css";
import { expected } from "./ar/overlay";
import type { Lens, Point } from "./ar/lens";
import { parseMarkers } from "./ar/markers";
import { askWorker, movable } from "./arpage/ask";
import { Camera, type Shot } from "./arpage/camera";
import { spread } from "./arpage/faces";
import { BEFORE, Guide, type Walking } from "./arpage/guide";
import { Hung, LOOK_MS } from "./arpage/hung";
import { Lenses, shelfOf } from "./arpage/lenses";
import { Overlay } from "./arpage/overlay";
import { qualityOf, strengthOf } from "./arpage/quality";
import type { Fix } from "./arpage/tracker";
import { parseLayout } from "./layout";
import { Link } from "./link";
import type { View } from "./paint";
import { MODES, type Mode } from "./palette";
import type { NodeDetail } from "./protocol.gen";
import { twinSocket } from "./socket";
import { State } from "./state";
import { el, part, say } from "./ui/dom";
import { cardOf } from "./vr/card";

/** Kept by ?trace: what a test compares with the truth. */
interface Traced {
  readonly strip: readonly number[];
  readonly pose: { readonly r: readonly number[]; readonly t: readonly number[] } | null;
  readonly lens: Lens | null;
  readonly seen: number;
  readonly decoded: boolean;
  readonly tookMs: number;
  readonly errorM: number;
}

const TICK_MS = 250;
const TRACED = 2000;
/** How far beside a Pi a tap still means it, on the screen: hands are not still, and edges are a millimetre wide. */
const FINGER = 22;
const FETCH_MS = 10_000;
const SHELF = shelfOf(() => localStorage);

const query = new URLSearchParams(location.search);
const asked = query.get("by") as Mode | null;
const trace = query.has("trace");
const ruler = query.has("ruler");
const walking: Walking | null = query.has("survey") ? "survey" : query.has("calibrate") ? "calibrate" : null;
const now = (): number => performance.now();
const shown: View = { mode: asked && MODES.includes(asked) ? asked : "cpu", silent: true };
const state = new State();
const socket = twinSocket();
const traced: Traced[] = [];
let detail: NodeDetail | null = null;
let chosen = -1;
let fix: Fix | null = null;
let errorM = Infinity;
let layout: ReturnType<typeof parseLayout> | null = null;
let overlay: Overlay | null = null;
let lenses: Lenses | null = null;
let shotAt = 0;
let silentCamera = false;
let worker: Worker | null = null;
let guide: Guide | null = null;
let camera: Camera | null = null;
let hung: Hung | null = null;

const link = new Link({ socket, state, now, later: (ms, run) => void setTimeout(run, ms) }, {
  phase: () => undefined,
  taken: () => undefined,
  hello: () => undefined,
  node: (node) => (detail = node),
});

async function json(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS) });
  if (!answer.ok) throw new Error(`${url}: the server answers ${answer.status}.`);
  return answer.json();
}

async function start(): Promise<void> {
  part("start").hidden = true;
  say(part("words"), "Starting the camera…");
  worker = new Worker(new URL("./arpage/worker.ts", import.meta.url), { type: "module" });
  camera = await Camera.open(part<HTMLVideoElement>("video"));
  const [markers, model] = await Promise.all([json("/model/markers.json"), json("/model/layout.json")]);
  layout = parseLayout(model);
  const sheet = ruler || walking === "calibrate";
  const read = parseMarkers(markers);
  const crosses = ruler ? [...read.ruler.crosses.values()] : null;
  overlay = new Overlay(part<HTMLCanvasElement>("view"), layout, state, crosses);
  say(part("words"), "Loading the reader of markers…");
  const ready = await askWorker(worker, { kind: "open", markers, ruler: sheet });
  if (ready.kind === "wrong") throw new Error(ready.words);
  offerLamp(camera);
  void stayAwake();
  if (walking) guide = new Guide(walking, worker, sheet ? read.ruler.markers : read.markers, part<HTMLCanvasElement>("view"));
  part("quality").hidden = guide !== null;
  hung = new Hung(markers, () => json("/model/markers.json"));
  for (;;) {
    const elsewhere = guide ? null : hung.take(); // a walk ends with those it began with
    if (elsewhere) await rehang(worker, elsewhere, sheet);
    const shot = await camera.next(now);
    silentCamera = shot === null;
    if (shot) await see(worker, camera, shot);
    else if (camera.video.srcObject instanceof MediaStream && !camera.video.srcObject.active) throw new Error("The camera has stopped. Load the page again.");
  }
}

/** On with the markers where they are said to hang now; with those from before when they cannot be read. */
async function rehang(worker: Worker, markers: unknown, ruler: boolean): Promise<void> {
  const answer = await askWorker(worker, { kind: "open", markers, ruler });
  if (answer.kind === "wrong") say(part("advice"), answer.words);
}

async function see(worker: Worker, camera: Camera, shot: Shot): Promise<void> {
  if (lenses?.width !== shot.width || lenses.height !== shot.height) lenses = new Lenses(SHELF, camera.label, shot.width, shot.height);
  if (guide) return guide.see(shot, lenses);
  const { lens, focal, k1, k2 } = lenses.now;
  const answer = await askWorker(worker, { kind: "look", sent: shot.sent, at: shot.at, lens, free: { focal, k1, k2, placed: 0 }, trace }, movable(shot.sent));
  if (answer.kind === "wrong") say(part("advice"), answer.words);
  const found = answer.kind === "fix" ? answer.fix : null;
  if (found) fix = found;
  shotAt = shot.at;
  draw(shot);
  shot.close();
  if (found) {
    errorM = errorOf(found, shot);
    lenses.learn(found.solution, found.seen.length);
  }
  if (trace && answer.kind === "fix" && traced.length < TRACED) {
    const solution = found?.solution;
    traced.push({ strip: answer.strip, pose: solution ? solution.pose : null, lens: solution ? solution.lens : null, seen: found?.seen.length ?? 0, decoded: found?.decoded ?? false, tookMs: answer.tookMs, errorM });
  }
}

function errorOf({ solution }: Fix, shot: Shot): number {
  if (ruler) return Math.max(...overlay!.crosses.map((cross) => expected(solution, [cross], [0, 0, 1])));
  const faces = spread(overlay!.quads, shot.width, shot.height);
  return faces.length === 0 ? Infinity : Math.max(...faces.map((face) => expected(solution, [face.middle], face.normal)));
}

function draw(shot: Shot): void {
  const strength = fix ? strengthOf(shot.at - fix.at) : 0;
  const seen = fix && strength > 0 ? { pose: fix.solution.pose, lens: fix.solution.lens, markers: fix.at === shot.at ? fix.seen : [], strength } : null;
  overlay!.draw(shot.image, shot.width, shot.height, seen, shown, chosen, now());
}

/** Ages and words go on while nothing new comes. */
function tick(): void {
  link.tick();
  shown.silent = link.silent;
  if (overlay) {
    const { grade, words, advice } = qualityOf(fix?.seen.length ?? 0, errorM, fix ? shotAt - fix.at : Infinity, fix?.astray ?? null, silentCamera);
    part("quality").dataset["grade"] = grade;
    say(part("words"), words);
    say(part("advice"), advice);
    const lens = lenses?.now;
    say(part("lens"), lens ? (lens.focal === 0 ? "lens known" : lenses!.learnt ? `lens learnt to ±${(100 * lens.focal).toFixed(1)} %` : "lens guessed: look from several sides") : "");
  }
  say(part("line"), link.phase === "live" ? "" : `Not live: ${link.reason || link.phase}. What you see is getting old.`);
  card();
}

function card(): void {
  const box = part("card");
  box.hidden = chosen < 0 || !layout;
  if (box.hidden || !layout) return;
  const made = cardOf(state, chosen, detail, layout, now(), link.silent);
  say(part("card-title"), made.title);
  say(part("card-status"), made.status);
  part("card-status").style.color = made.statusColour;
  say(part("card-heard"), made.heard);
  say(part("card-place"), made.place);
  box.classList.toggle("stale", made.stale);
  const rows = [...made.lines.map(({ label, text }) => [label, text]), ...made.processes.map((text) => ["", text])];
  const key = JSON.stringify(rows);
  const list = part("card-lines");
  if (list.dataset["shown"] === key) return;
  list.dataset["shown"] = key;
  list.replaceChildren(...rows.flatMap(([label, text]) => [el("dt", {}, label!), el("dd", {}, text!)]));
}

/** The row of the Pi that a finger means: the picture covers the screen and is cut off where it is longer. */
function rowUnder(x: number, y: number): number {
  const view = part<HTMLCanvasElement>("view");
  const box = view.getBoundingClientRect();
  const scale = Math.max(box.width / view.width, box.height / view.height);
  const at: Point = [(x - box.left - box.width / 2) / scale + view.width / 2, (y - box.top - box.height / 2) / scale + view.height / 2];
  return overlay?.rowAt(at, FINGER / scale) ?? -1;
}

function choose(row: number): void {
  chosen = row;
  detail = null;
  link.watch(row >= 0 ? [state.roster.id[row]!] : []);
  card();
}

function offerLamp(camera: Camera): void {
  const lamp = part<HTMLButtonElement>("lamp");
  lamp.hidden = !camera.lamp;
  lamp.addEventListener("click", () => {
    const on = lamp.getAttribute("aria-pressed") !== "true";
    lamp.setAttribute("aria-pressed", String(on));
    camera.light(on).catch(() => (lamp.hidden = true));
  });
}

/** The screen must not go dark in somebody's hands; a browser that cannot promise that is no error. */
async function stayAwake(): Promise<void> {
  const ask = (): unknown => document.visibilityState === "visible" && navigator.wakeLock?.request("screen").catch(() => undefined);
  document.addEventListener("visibilitychange", ask);
  await ask();
}

function begin(): void {
  start().catch((error: unknown) => {
    say(part("words"), error instanceof Error ? error.message : String(error));
    say(part("advice"), "");
    part("quality").dataset["grade"] = "none";
    camera?.stop(); // or it stays in use, and cannot be started again
    worker?.terminate();
    [camera, worker, overlay, fix, guide, hung] = [null, null, null, null, null, null];
    [part("start").hidden, part("quality").hidden, part("walk").hidden] = [false, false, true];
  });
}

part("start").addEventListener("click", begin);
part("modes").hidden = walking !== null;
if (walking) say(part("words"), BEFORE[walking]);
part("view").addEventListener("click", (event) => choose(rowUnder(event.clientX, event.clientY)));
part("card-close").addEventListener("click", () => choose(-1));
part("forget").addEventListener("click", () => lenses?.forget());
for (const mode of MODES) {
  const button = part(`by-${mode}`);
  button.setAttribute("aria-pressed", String(mode === shown.mode));
  button.addEventListener("click", () => {
    shown.mode = mode;
    for (const other of MODES) part(`by-${other}`).setAttribute("aria-pressed", String(other === mode));
  });
}
setInterval(tick, TICK_MS);
setInterval(() => void hung?.look(), LOOK_MS);
socket.connect();
if (trace) Object.assign(window, { ar: { traced, state, overlay: () => overlay, choose, look: () => hung?.look() } });
begin();
