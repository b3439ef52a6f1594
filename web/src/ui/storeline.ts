// Owns the words on the history's database: whether it keeps up, and what happens meanwhile. Called by main.

import type { StoreState } from "../protocol.gen";
import { part, say } from "./dom";

/** One sentence. Pure. */
export function storeText({ state, lag_ms, waiting, message }: StoreState): string {
  const lag = lag_ms < 60_000 ? `${Math.ceil(lag_ms / 1000)} s` : `${Math.ceil(lag_ms / 60_000)} min`;
  if (state === "ok") return "History is up to date";
  const what = { behind: `History is ${lag} behind`, away: `The history's database is away for ${lag}`, refused: "The history's database refuses reports" }[state];
  const why = message !== "" ? `: ${message.replace(/\.$/, "")}` : "";
  return `${what}${why}. Nothing is lost${waiting > 0 ? `, ${waiting} ${waiting === 1 ? "batch waits" : "batches wait"} here` : ""}.`;
}

export class StoreLine {
  private readonly box = part("store");

  show(store: StoreState): void {
    this.box.dataset["state"] = store.state;
    this.box.title = `Kept by ${store.engine}`;
    say(this.box, storeText(store));
  }
}
