// Owns what tells the past from the present at a glance: the frame around the page, the words over it, and one sentence
// for a screen reader when it begins or ends. Called by main.

import { part, say } from "./dom";

export class PastFrame {
  private readonly words = part("past");
  private readonly at = part("past-at");
  private readonly ago = part("past-ago");
  private readonly spoken = part("past-says");

  /** `at` and `ago` in words; "" = the present. */
  update(at: string, ago: string): void {
    const past = at !== "";
    const was = document.body.dataset["time"] === "past";
    this.words.hidden = !past;
    say(this.at, at);
    say(this.ago, ago);
    if (past === was) return;
    document.body.dataset["time"] = past ? "past" : "present";
    say(this.spoken, past ? `You look at the past: ${at}` : "This is the present again.");
  }
}
