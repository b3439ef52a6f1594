// Owns the small form of the shared playhead: its name, who moves it, and the way out. Called by main.

import type { Replay } from "../replay";
import { part, say } from "./dom";

/** One sentence on who moves it and how many watch. Pure. */
export function sharingText(name: string, mine: boolean, viewers: number): string {
  const others = viewers - 1;
  const who = others <= 0 ? "nobody else watches yet" : others === 1 ? "one other watches" : `${others} others watch`;
  return mine ? `You move “${name}”; ${who}. Others join by its name.` : `You follow “${name}”: who made it moves it; ${who}.`;
}

export class Sharing {
  private readonly replay: Replay;
  private readonly opens = part("time-share");
  private readonly form = part<HTMLFormElement>("time-sharing");
  private readonly name = part<HTMLInputElement>("share-name");

  /** `presentMs`: where one begins that nobody has made, when this page shows the present. */
  constructor(replay: Replay, presentMs: () => number) {
    this.replay = replay;
    this.opens.addEventListener("click", () => this.open(this.form.hidden === true));
    part("share-leave").addEventListener("click", () => {
      replay.leave();
      this.open(false);
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = this.name.value.trim();
      if (name !== "" && !Number.isNaN(presentMs())) replay.join(name, presentMs());
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.open(false);
    });
  }

  update(): void {
    const { share, mine, playhead } = this.replay;
    this.opens.setAttribute("aria-pressed", String(share !== ""));
    say(this.opens, share === "" ? "Share" : `“${share}”`);
    if (this.form.hidden) return;
    say(part("share-says"), share !== "" ? sharingText(share, mine, playhead?.viewers ?? 1)
      : "Watch the past together: whoever enters the same name sees the same moment. The first one moves it.");
    part("share-join").hidden = share !== "";
    part("share-leave").hidden = share === "";
  }

  private open(open: boolean): void {
    this.form.hidden = !open;
    this.opens.setAttribute("aria-expanded", String(open));
    this.update();
    if (!open) this.opens.focus();
    else if (this.replay.share === "") this.name.focus();
  }
}
