// Owns a guided walk on the page: it shows each picture to the worker, keeps what is worth keeping, says what to do next, and
// hands over to the outcome. /ar?survey finds where the markers hang, /ar?calibrate what this camera's lens is.

import type { Bundle } from "../ar/bundle";
import type { Marker } from "../ar/markers";
import { part, say } from "../ui/dom";
import { askWorker, movable } from "./ask";
import type { Shot } from "./camera";
import type { Known, Lenses } from "./lenses";
import { drawMap } from "./map";
import { calibrationOutcome, surveyOutcome } from "./outcome";
import type { Glance } from "./sighter";
import type { Problem } from "./survey";
import { CALIBRATION, SURVEY, Walk, type Verdict } from "./walk";

export type Walking = "survey" | "calibrate";

/** Before the camera starts. */
export const BEFORE: Readonly<Record<Walking, string>> = {
  survey: "A walk along the racks finds where each marker truly hangs.",
  calibrate: "Looking at the ruler's sheet from all sides measures this camera's lens.",
};
const WORDS: Readonly<Record<Walking, { title: string; begin: string; done: string }>> = {
  survey: {
    title: "Where the markers hang",
    begin: "Walk along the racks, one to two metres off, and stop here and there: pictures are taken by themselves while you hold still.",
    done: "Go on to the result",
  },
  calibrate: {
    title: "This camera's lens",
    begin: "Lay the ruler's sheet on a flat table. Look at it from 30 cm, from all sides and slantwise: pictures are taken by themselves while you hold still.",
    done: "Work out the lens",
  },
};
const SEEN = "#8fa0c8";
const TAKEN = "#4fe39a";

export class Guide {
  private readonly walk: Walk;
  private readonly mode: Walking;
  private readonly worker: Worker;
  private readonly markers: readonly Marker[];
  private readonly canvas: HTMLCanvasElement;
  private lenses: Lenses | null = null;
  private solving = false;

  constructor(mode: Walking, worker: Worker, markers: readonly Marker[], canvas: HTMLCanvasElement) {
    [this.mode, this.worker, this.markers, this.canvas] = [mode, worker, markers, canvas];
    this.walk = new Walk(markers, mode === "survey" ? SURVEY : CALIBRATION);
    const words = WORDS[mode];
    say(part("walk-title"), words.title);
    say(part("walk-hint"), words.begin);
    say(part("walk-done"), words.done);
    part("walk-done").addEventListener("click", () => (this.solving = true));
    part("walk").hidden = false;
    this.count();
  }

  /** One picture. Resolves when it has been drawn and, where that was asked for, the result is on the page. */
  async see(shot: Shot, lenses: Lenses): Promise<void> {
    if (this.lenses !== lenses && this.walk.kept.length > 0) throw new Error("The device was turned, which makes another picture of it. Load the page again and keep it as it is.");
    this.lenses = lenses;
    const answer = await askWorker(this.worker, { kind: "glance", sent: shot.sent, lens: lenses.now.lens }, movable(shot.sent));
    if (answer.kind === "wrong") say(part("walk-hint"), answer.words);
    if (answer.kind === "glance") {
      const verdict = this.walk.offer(answer.glance, shot.at, shot.width, shot.height);
      this.draw(shot, answer.glance, verdict);
      say(part("walk-hint"), this.walk.hint(verdict));
      this.count();
      drawMap(part("walk-map") as unknown as SVGElement, this.markers, answer.glance.sights, this.walk.progress.seen, this.walk.rules.each);
    }
    shot.close();
    if (!this.solving) return;
    this.solving = false;
    await this.finish(shot.width);
  }

  private async finish(width: number): Promise<void> {
    const { walk, markers, lenses } = this;
    const known = lenses!.now;
    part("walk").hidden = true;
    const solve = async (problem: Problem): Promise<Bundle | null> => {
      const answer = await askWorker(this.worker, { kind: "solve", problem });
      if (answer.kind === "wrong") throw new Error(answer.words);
      return answer.kind === "solved" ? answer.bundle : null;
    };
    const keep = (found: Known): void => lenses!.keep(found);
    const about = { markers, kept: walk.kept, lens: known.lens, width, solve, keep };
    const more = await (this.mode === "survey" ? surveyOutcome(about) : calibrationOutcome(about));
    if (more) part("walk").hidden = false; // on with the walk: nothing is lost
  }

  private count(): void {
    const { views, wanted, seen, short, done } = this.walk.progress;
    const bar = part<HTMLProgressElement>("walk-progress");
    [bar.max, bar.value] = [wanted, Math.min(views, wanted)];
    say(part("walk-count"), `${views} of ${wanted} pictures · ${seen.size - short.length} of ${this.markers.length} markers often enough`);
    part<HTMLButtonElement>("walk-done").disabled = !done;
  }

  private draw({ image, width, height }: Shot, { sights }: Glance, verdict: Verdict): void {
    const { canvas } = this;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d", { alpha: false })!;
    pen.drawImage(image, 0, 0, width, height);
    pen.strokeStyle = verdict === "taken" ? TAKEN : SEEN;
    pen.lineWidth = verdict === "taken" ? 6 : 3;
    for (const { corners } of sights) {
      pen.beginPath();
      corners.forEach(([x, y], n) => (n === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
      pen.closePath();
      pen.stroke();
    }
  }
}
