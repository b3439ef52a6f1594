// Owns what lies over the camera's picture on a phone: a sentence of what to do, four buttons, and the page's own panel, which
// moves in for the visit and back after it. Called by session; headsets have menu and board instead.

import "./overlay.css";
import { button, el, part, say } from "../ui/dom";
import { ROOM_PADS, type Pad } from "./menu";

const TEXTS = { life: "Life size", table: "Table-top", elsewhere: "Elsewhere", leave: "Leave" } as const;
const HINTS = {
  none: "Move the phone slowly over the floor or a table, until a ring lies on it.",
  found: "Tap to put the cluster down: life size on the floor, small on a table.",
} as const;

export class Overlay {
  /** What the browser is told to lay over the picture. In the page from the question to the end of the visit. */
  readonly root = el("div", { id: "room-overlay" });
  private readonly hint = el("p", { role: "status" });
  private readonly panel = part("panel");
  /** Where the panel was. */
  private readonly place = document.createComment("panel");

  constructor(press: (pad: Pad) => void) {
    this.root.append(this.hint, el("nav", { "aria-label": "The cluster in your room" }, ...ROOM_PADS.map((pad) => button(TEXTS[pad], () => press(pad)))));
    // A tap on a button or the panel is meant for it, and not for what lies behind it in the room.
    this.root.addEventListener("beforexrselect", (event) => {
      if (event.target !== this.root) event.preventDefault();
    });
    document.body.append(this.root);
  }

  /** The visit has begun, on a phone. */
  show(): void {
    this.root.classList.add("shown");
    this.panel.replaceWith(this.place);
    this.root.append(this.panel);
  }

  get shown(): boolean {
    return this.root.classList.contains("shown");
  }

  /** What to do next: nothing once it stands. */
  tell(placing: boolean, found: boolean): void {
    const text = placing ? HINTS[found ? "found" : "none"] : "";
    say(this.hint, text);
    this.hint.hidden = text === "";
  }

  close(): void {
    if (this.place.isConnected) this.place.replaceWith(this.panel);
    this.root.remove();
  }
}
