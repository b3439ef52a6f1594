// Owns which links put the model into somebody's own room, by what their browser can: Quick Look on iPhones and iPads, Scene Viewer
// on Androids whose browser has no WebXR. Pure. Called by ui/room.

import type { Manifest } from "./models";

/** What is known of a browser. `page`: the address that it shows. */
export interface Browser {
  readonly quickLook: boolean;
  /** It enters one's own room by itself (WebXR), live and with hands on it: better than any link. */
  readonly immersive: boolean;
  readonly agent: string;
  readonly page: string;
}

/** Where a link leads; "room": life size, "table": small, "here": over the printed marker where the real one stands. */
export type Ways = Readonly<Partial<Record<"room" | "table" | "here", string>>>;

const SCENE_VIEWER = "intent://arvr.google.com/scene-viewer/1.2";

export function waysToRoom(files: Manifest, { quickLook, immersive, agent, page }: Browser): Ways {
  const url = (name: (file: string) => boolean): string | undefined => files[Object.keys(files).find(name) ?? ""]?.url;
  const kind = (file: string): string => /^[^.]+\.(.+)$/.exec(file)?.[1] ?? "";
  const usdz = (of: string): string | undefined => url((file) => kind(file) === of);
  if (quickLook) {
    const [room, table, here] = [usdz("usdz"), usdz("table.usdz"), usdz("anchored.usdz")];
    return {
      ...(room && { room: `${room}#allowsContentScaling=1` }),
      ...(table && { table: `${table}#allowsContentScaling=1` }),
      ...(here && { here: `${here}#allowsContentScaling=0` }),
    };
  }
  const glb = url((file) => kind(file) === "glb" && file !== "pi.glb");
  const { protocol, origin } = new URL(page);
  // The viewer is another program: it fetches the file by itself, over HTTPS only.
  if (immersive || !glb || protocol !== "https:" || !/\bAndroid\b/.test(agent)) return {};
  const query = new URLSearchParams({ file: origin + glb, mode: "ar_preferred", resizable: "true", title: "The cluster" });
  const back = `S.browser_fallback_url=${encodeURIComponent(page)}`;
  return { room: `${SCENE_VIEWER}?${query.toString()}#Intent;scheme=https;package=com.google.ar.core;action=android.intent.action.VIEW;${back};end;` };
}
