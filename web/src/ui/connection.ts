// Owns the connection indicator: what the wire does, why, and how much comes over it. Its words go to screen readers
// when they change; the figures do not. Called by main.

import type { Link, Phase } from "../link";
import { part, say } from "./dom";

const WORDS: Readonly<Record<Phase, string>> = {
  connecting: "Connecting",
  live: "Live",
  stalled: "Stalled",
  reconnecting: "Reconnecting",
  closed: "Closed",
};

export class Connection {
  private readonly box = part("connection");
  private readonly word = part("phase");
  private readonly reason = part("reason");
  private readonly rate = part("rate");

  /** `past`: what comes over a live wire is not the present. */
  update(link: Link, now: number, past: boolean): void {
    const shows = past && link.phase === "live";
    this.box.dataset["phase"] = shows ? "past" : link.phase;
    say(this.word, shows ? "The past" : WORDS[link.phase]);
    say(this.reason, link.reason);
    this.reason.hidden = link.reason === "";
    const { rate } = link;
    say(this.rate, `${rate.framesPerSecond(now).toFixed(1)} frames/s · ${bytes(rate.bytesPerSecond(now))}/s`);
  }
}

function bytes(count: number): string {
  return count < 1000 ? `${Math.round(count)} B` : `${(count / 1000).toFixed(1)} kB`;
}
