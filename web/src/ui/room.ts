// Owns the links that put the model into one's own room with another program (rooms.ts says which). That program knows nothing of
// live values. Elsewhere they are not shown. Called by main.

import { FETCHING, modelList } from "../models";
import { waysToRoom } from "../rooms";
import { part } from "./dom";

/** Shows the links that this browser can follow, as far as the server has their files. */
export async function offerRoom(): Promise<void> {
  const links = { room: part<HTMLAnchorElement>("view-room"), table: part<HTMLAnchorElement>("view-room-table"), here: part<HTMLAnchorElement>("view-room-here") };
  const quickLook = links.room.relList.supports("ar");
  const immersive = (await navigator.xr?.isSessionSupported("immersive-ar").catch(() => false)) ?? false;
  if (!quickLook && (immersive || !/\bAndroid\b/.test(navigator.userAgent))) return; // no need to ask the server
  // Without a model there is nothing to put anywhere, and the page says why where it draws plainly.
  const files = await modelList(FETCHING).catch(() => ({}));
  const ways = waysToRoom(files, { quickLook, immersive, agent: navigator.userAgent, page: location.href });
  for (const way of ["room", "table", "here"] as const) {
    links[way].href = ways[way] ?? "";
    links[way].hidden = ways[way] === undefined;
    if (!quickLook) links[way].removeAttribute("rel"); // an ordinary link, which the system opens
  }
}
