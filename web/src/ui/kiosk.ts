// Owns the big-screen mode, /?kiosk: no controls, large counts, the address of the page as a code for phones, a slow flight
// round the box that waits while a hand is on it, a screen that stays awake, and a page that loads itself again when the
// link has been lost for long. What a keyboard or a hand does works as ever. Called by main.

import { qrOf } from "../qr";
import { part, say } from "./dom";

/** After a hand has let go. */
const REST_MS = 30_000;
/** So long without a live link, and the page begins anew, if the server is there at all. */
export const LOST_MS = 60_000;
const ASK_MS = 5000;

/** The address that phones should open: this one, without what only a big screen wants. */
export function addressFor(href: string): string {
  const url = new URL(href);
  url.searchParams.delete("kiosk");
  url.hash = "";
  return url.href;
}

/** When to load the page again: pure, so that it can be tested without waiting. */
export class Patience {
  private lostAt = NaN;
  private askedAt = -Infinity;

  /** True = ask the server now whether it is there, and if so begin anew. */
  impatient(live: boolean, now: number): boolean {
    if (live) this.lostAt = NaN;
    else if (Number.isNaN(this.lostAt)) this.lostAt = now;
    if (!(now - this.lostAt >= LOST_MS) || now - this.askedAt < ASK_MS) return false;
    this.askedAt = now;
    return true;
  }
}

export interface KioskOptions {
  readonly live: () => boolean;
  readonly now: () => number;
  readonly drift: (on: boolean) => void;
}

export class Kiosk {
  private readonly options: KioskOptions;
  private readonly patience = new Patience();
  private handAt = -Infinity;
  private drifting = false;
  private wake: WakeLockSentinel | null = null;

  constructor(options: KioskOptions) {
    this.options = options;
    part("kiosk").hidden = false;
    this.show(addressFor(location.href));
    document.addEventListener("visibilitychange", () => void this.stayAwake());
    void this.stayAwake();
  }

  /** A hand has taken the view. */
  touched(): void {
    this.handAt = this.options.now();
    this.drift(false);
  }

  /** Several times a second. */
  update(): void {
    const now = this.options.now();
    if (!this.drifting && now - this.handAt > REST_MS) this.drift(true);
    if (this.patience.impatient(this.options.live(), now)) void this.beginAnew();
  }

  /** Another scene was built. */
  again(): void {
    this.drifting = false;
  }

  private drift(on: boolean): void {
    this.drifting = on;
    this.options.drift(on);
  }

  private show(address: string): void {
    const canvas = part<HTMLCanvasElement>("kiosk-code");
    const code = qrOf(address);
    say(part("kiosk-address"), address.replace(/^https?:\/\//, "").replace(/\/$/, ""));
    canvas.hidden = code === null;
    if (!code) return;
    const [edge, margin] = [code.length + 8, 4];
    [canvas.width, canvas.height] = [edge, edge];
    canvas.setAttribute("aria-label", `A QR code of ${address}`);
    const pen = canvas.getContext("2d")!;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, edge, edge);
    pen.fillStyle = "#000";
    code.forEach((row, y) => row.forEach((dark, x) => dark && pen.fillRect(x + margin, y + margin, 1, 1)));
  }

  /** The browser takes the lock back whenever the page is hidden; one that knows no locks sleeps as it likes. */
  private async stayAwake(): Promise<void> {
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator) || this.wake?.released === false) return;
    this.wake = await navigator.wakeLock.request("screen").catch(() => null);
  }

  /** A page that cannot be loaded would leave the browser's own error on the screen for ever. */
  private async beginAnew(): Promise<void> {
    const there = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(ASK_MS) }).then(({ ok }) => ok, () => false);
    if (there) location.reload();
  }
}
