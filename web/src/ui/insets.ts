// Owns how much of the view the panels cover: at the right of a desktop, above and below on a phone, at the right of one that
// lies; so that what is looked at stands in the middle of the rest. Reads the page's layout; called when that changes.

import type { Insets } from "../scene/camera";
import { part } from "./dom";

/** `big`: a big screen, which has its counts at the left and nothing else. */
export function insets(big: boolean): Insets {
  if (big) return { top: 0, right: 0, bottom: 0, left: innerWidth * 0.22 };
  const covers = (id: string, side: "width" | "height"): number => part(id).getBoundingClientRect()[side];
  const sheet = !part("panel").hidden;
  const time = covers("timeline", "height");
  const [narrow, low] = [innerWidth <= 900, innerHeight <= 500];
  const beside = sheet ? covers("panel", "width") + 20 : 0;
  if (!narrow) return { top: covers("views", "height") + 30, right: Math.max(beside, 90), bottom: time + 26, left: covers("counts", "width") + 10 };
  if (low) return { top: 0, right: beside, bottom: time, left: covers("colours", "width") };
  const below = sheet ? covers("panel", "height") : covers("colours", "height") + covers("views", "height");
  return { top: 145, right: 0, bottom: time + below, left: 0 };
}
