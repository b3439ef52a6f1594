// Owns the address line: what it said at first, what it says now, and the link to it. It never makes an entry in the
// browser's history. Called by main.

import { readPlace, writePlace, type Place } from "../address";
import type { Focus } from "../scene/focus";
import { part, say } from "./dom";

/** A browser refuses to write it much more often. */
const EVERY_MS = 1000;
const SAID_MS = 2500;

export class AddressLine {
  private readonly address = new URL(location.href);
  private readonly now: () => number;
  private wroteAt = -Infinity;

  /** `followed`: somebody has put another link into the address line of this page. */
  constructor(now: () => number, followed: (place: Place) => void) {
    this.now = now;
    addEventListener("hashchange", () => {
      if (location.hash === this.address.hash) return;
      this.address.hash = location.hash;
      followed(readPlace("", location.hash));
    });
  }

  /** What the link that this page was opened with asks for. */
  get place(): Place {
    return readPlace(this.address.search, this.address.hash);
  }

  said(key: string): string | null {
    return this.address.searchParams.get(key);
  }

  remember(key: string, value: string): void {
    this.address.searchParams.set(key, value);
    this.write();
  }

  /** What is looked at now. `moving`: the time changes by itself and may lag behind. */
  show(node: string, atMs: number | null, focus: Focus, moving: boolean): void {
    const hash = writePlace(node, atMs, focus);
    if (hash === this.address.hash || this.now() - this.wroteAt < (moving ? 5 : 1) * EVERY_MS) return;
    this.address.searchParams.delete("node"); // as older links have it
    this.address.hash = hash;
    this.write();
  }

  /** A link to a node, a moment and what is looked at, into the clipboard. */
  async copy(node: string, atMs: number | null, focus: Focus): Promise<void> {
    const link = new URL(this.address);
    link.searchParams.delete("node");
    link.hash = writePlace(node, atMs, focus);
    const button = part("time-link");
    say(button, (await copied(link.href)) ? "Copied" : "Not allowed");
    setTimeout(() => say(button, "Copy link"), SAID_MS);
  }

  private write(): void {
    this.wroteAt = this.now();
    history.replaceState(null, "", this.address);
  }
}

/** Browsers give the clipboard only to pages that came over TLS or from this machine; the old way works everywhere. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.style.position = "fixed";
    field.style.opacity = "0";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
