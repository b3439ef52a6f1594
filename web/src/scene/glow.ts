// Owns how glow is laid over the picture. The canvas lets the page's own background through, so light must be added to
// the colours but not to the opacity: three's own additive blending would paint black squares. Called by nodes, scenery.

import { AddEquation, CustomBlending, OneFactor, SrcAlphaFactor, ZeroFactor } from "three";

export const ADDED = {
  blending: CustomBlending,
  blendEquation: AddEquation,
  blendSrc: SrcAlphaFactor,
  blendDst: OneFactor,
  blendSrcAlpha: ZeroFactor,
  blendDstAlpha: OneFactor,
} as const;
