// Owns how the browser is asked for a visit, and what it granted: into a hall of its own (VR), or the cluster into one's own room.
// Called by session.

import type { WebGLRenderer } from "three";

export type Kind = "immersive-vr" | "immersive-ar";

/** All may be refused, and the visit goes on without. Planes are not asked for: rays find surfaces, and planes would cost the
 * visitor one more question of his headset. */
const WISHES: Readonly<Record<Kind, readonly string[]>> = {
  "immersive-vr": ["local-floor", "hand-tracking"],
  "immersive-ar": ["local-floor", "hand-tracking", "hit-test", "anchors", "dom-overlay"],
};

/** `overlay`: what a phone lays over its camera's picture. Throws what the browser throws, which has a sentence. */
export async function ask(kind: Kind, overlay: Element | null): Promise<XRSession> {
  const xr = navigator.xr;
  if (!xr) throw new Error("This browser has no WebXR.");
  const optionalFeatures = [...WISHES[kind]];
  return xr.requestSession(kind, overlay ? { optionalFeatures, domOverlay: { root: overlay } } : { optionalFeatures });
}

/** A browser that does not say what it granted is taken to have granted it; asking it for more answers that. */
export function granted(session: XRSession, feature: string): boolean {
  return session.enabledFeatures?.includes(feature) !== false;
}

/** Held in the hand: taps on a screen are all that it has. */
export function handheld(session: XRSession): boolean {
  return session.interactionMode === "screen-space" || session.domOverlayState?.type === "screen";
}

/** Heights count from the floor where the device knows it. */
export async function present(session: XRSession, renderer: WebGLRenderer): Promise<void> {
  renderer.xr.setReferenceSpaceType(granted(session, "local-floor") ? "local-floor" : "local");
  renderer.xr.enabled = true;
  await renderer.xr.setSession(session);
  renderer.xr.setFoveation(1);
}
