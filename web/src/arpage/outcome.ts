// Owns what a walk ends with: the result in a table, the tape and the ruler that make it better, and where it is kept: a survey
// on the server, a lens on the device. Called by guide.

import type { Bundle } from "../ar/bundle";
import type { Lens } from "../ar/lens";
import type { Marker } from "../ar/markers";
import { button, el, part, say } from "../ui/dom";
import { keptSurvey, storeSurvey, type KeptSurvey } from "./keeper";
import type { Known } from "./lenses";
import { cornerstones, knownOf, lensProblem, surveyOf, surveyProblem, type Problem, type Reading, type Survey } from "./survey";
import type { Kept } from "./walk";

export interface About {
  readonly markers: readonly Marker[];
  readonly kept: readonly Kept[];
  readonly lens: Lens;
  readonly width: number;
  readonly solve: (problem: Problem) => Promise<Bundle | null>;
  readonly keep: (known: Known) => void;
}

/** Beside its place by more than that, a marker is better stuck again than surveyed. */
const AGAIN_M = 0.01;
const NONE = "The pictures contradict each other. Take more, from other places.";
const mm = (metres: number, digits = 2): string => (1000 * metres).toFixed(digits);

/** The survey's page; resolves true when the walk goes on, false when it is over. */
export async function surveyOutcome({ markers, kept, lens, width, solve, keep }: About): Promise<boolean> {
  const seen = new Set(kept.flatMap(({ sights }) => sights.map(({ id }) => id)));
  const stones = cornerstones(markers, seen);
  let before: KeptSurvey = { revision: 0, markers: [] };
  let survey: Survey | null = null;
  const said = el("p", { id: "outcome-said", role: "status" });
  const table = el("table", { id: "outcome-table" });
  const status = el("p", { id: "outcome-status", role: "status" });
  const ids = [...seen].sort(byNumber);
  const [from, to] = [picker("tape-from", ids, stones[0]), picker("tape-to", ids, stones[1])];
  const distance = el("input", { id: "tape-mm", inputmode: "decimal", autocomplete: "off", placeholder: "mm", size: "8" });
  const ticks = stones.map((id) => el("input", { type: "checkbox", value: id, id: `right-${id}` }));
  const token = el("input", { id: "outcome-token", type: "password", autocomplete: "off" });

  const once = async (): Promise<void> => {
    const pinned = ticks.filter(({ checked }) => checked).map(({ value }) => value);
    const reading = read(from.value, to.value, distance.value);
    if (typeof reading === "string") return say(said, reading);
    say(said, "Working it out…");
    const found = await solve(surveyProblem(markers, kept, lens, width, reading, pinned));
    survey = found && surveyOf(found, markers, kept.length);
    store.disabled = file.disabled = survey === null;
    if (!found || !survey) return say(said, NONE);
    keep(knownOf(found));
    say(said, `${survey.markers.length} markers from ${survey.views} pictures, which they fit to ${survey.misfit.toFixed(2)} pixels. Among themselves they are known to ±${mm(survey.among)} mm, against the racks to ±${mm(survey.whole)} mm. The print is ${(100 * survey.print).toFixed(2)} % of its size.`);
    table.replaceChildren(...tableOf(survey));
  };
  let asked = 0;
  /** One at a time: the worker answers in turn, and what was changed meanwhile is worked out after it. */
  const work = async (): Promise<void> => {
    if (asked++ > 0) return;
    for (let done = 0; done < asked; ) {
      done = asked;
      await once();
    }
    asked = 0;
  };
  const put = async (): Promise<void> => {
    say(status, "Storing…");
    try {
      before = await storeSurvey(survey!, before, token.value.trim());
      say(status, `Stored: survey ${before.revision}. Every /ar page takes it from now on.`);
    } catch (error) {
      say(status, error instanceof Error ? error.message : String(error));
      before = await keptSurvey().catch(() => before);
    }
  };
  const store = button("Store on the server", () => void put(), { id: "outcome-store" });
  const file = button("Save as a file", () => save(survey!), { id: "outcome-file" });
  for (const input of [from, to, distance, ...ticks]) input.addEventListener("change", () => void work().catch((error: unknown) => {
    asked = 0;
    say(said, error instanceof Error ? error.message : String(error));
  }));
  const keeping = el("form", {}, el("fieldset", {}, el("legend", {}, "Keep it"), el("label", { for: token.id }, "Operator's token "), token, " ", store, " ", file, status));
  keeping.addEventListener("submit", (event) => {
    event.preventDefault(); // Enter in the token's field
    store.click();
  });
  const form = [
    el("h2", {}, "Where they hang"), said,
    el("fieldset", {}, el("legend", {}, "A tape makes the scale right"), "From the upper left corner of ", from, " to that of ", to, " it is ", distance, " mm."),
    el("fieldset", {}, el("legend", {}, "A ruler makes the whole right"), "Tick those that you have measured to hang within 0.3 mm of where they should: ", ...ticks.flatMap((tick) => [el("label", { for: tick.id }, tick, ` ${tick.value} `)])),
    keeping,
    table,
  ];
  before = await keptSurvey().catch((error: unknown) => {
    say(status, error instanceof Error ? error.message : String(error));
    return before;
  });
  return shown(form, work);
}

/** The lens's page; resolves as above. */
export async function calibrationOutcome({ markers, kept, lens, width, solve, keep }: About): Promise<boolean> {
  const said = el("p", { id: "outcome-said", role: "status" });
  const table = el("table", { id: "outcome-table" });
  const work = async (): Promise<void> => {
    say(said, "Working it out…");
    const found = await solve(lensProblem(markers, kept, lens, width));
    if (!found) return say(said, NONE);
    keep(knownOf(found));
    const { fx, cx, cy, k1, k2 } = found.lens;
    const wide = (360 / Math.PI) * Math.atan(width / 2 / fx);
    const lines = [
      ["focal length", `${fx.toFixed(1)} px`, `±${(100 * found.doubt.focal).toFixed(2)} %`],
      ["field of view", `${wide.toFixed(1)}°`, "across"],
      ["middle", `${cx.toFixed(1)}, ${cy.toFixed(1)} px`, `±${found.doubt.centre.toFixed(1)} px`],
      ["bend k1", k1.toFixed(4), `±${found.doubt.k1.toFixed(4)}`],
      ["bend k2", k2.toFixed(4), `±${found.doubt.k2.toFixed(4)}`],
      ["misses", `${found.misfit.toFixed(3)} px`, `${kept.length} pictures`],
    ];
    say(said, "This lens is kept on this device, for this camera and size of picture. Focus breathes: /ar goes on doubting it by 0.4 %.");
    table.replaceChildren(...lines.map((line) => el("tr", {}, ...line.map((text, n) => el(n === 0 ? "th" : "td", {}, text)))));
  };
  return shown([el("h2", {}, "This camera's lens"), said, table], work);
}

function shown(form: readonly HTMLElement[], work: () => Promise<void>): Promise<boolean> {
  const box = part("outcome");
  return new Promise((over, failed) => {
    const more = button("Take more pictures", () => {
      box.hidden = true;
      over(true);
    }, { id: "outcome-more" });
    box.replaceChildren(...form, el("p", {}, more, " ", el("a", { href: "/ar", id: "outcome-ar" }, "To AR")));
    box.hidden = false;
    work().catch(failed);
  });
}

/** A tape's reading; none when nothing was typed; words when it cannot be one. */
export function read(from: string, to: string, typed: string): Reading[] | string {
  if (typed.trim() === "") return [];
  const distance = Number(typed.trim().replace(",", ".")) / 1000;
  if (!(distance > 0.05 && distance < 20)) return "The tape's reading is not a number of millimetres between 50 and 20,000.";
  return from === to ? "The tape goes from a marker to another one." : [{ from, to, distance }];
}

function tableOf({ markers }: Survey): HTMLElement[] {
  const head = ["marker", "pictures", "beside its place", "turned", "known to"].map((text) => el("th", { scope: "col" }, text));
  const rows = [...markers].sort((a, b) => b.off - a.off).map((one) =>
    el("tr", one.off > AGAIN_M ? { class: "again" } : {},
      el("th", { scope: "row" }, one.id), el("td", {}, String(one.views)),
      el("td", {}, `${mm(one.off, 1)} mm${one.off > AGAIN_M ? ": stick it again?" : ""}`),
      el("td", {}, `${((180 / Math.PI) * one.turned).toFixed(1)}°`), el("td", {}, `±${mm(one.deviation)} mm`)));
  return [el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)];
}

function picker(id: string, ids: readonly string[], chosen = ""): HTMLSelectElement {
  const made = el("select", { id }, ...ids.map((one) => el("option", { value: one }, one)));
  made.value = chosen;
  return made;
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function save(survey: Survey): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(survey, null, 1)], { type: "application/json" }));
  el("a", { href: url, download: "survey.json" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
