"""What things are made of: colours and how they answer to light. Called by the shapes and by both writers.

A `finish` is what a GLB has as a material: a few of them, so that a viewer draws little; colour is a vertex's own.
USD has a material a paint. Colours are written as people read them (sRGB) and stored linear.
"""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Finish:
    """PBR: `metallic` and `roughness` from 0 to 1, `glow` is light of its own, `alpha` below 1 lets light through."""

    name: str
    metallic: float
    roughness: float
    glow: Colour = (0.0, 0.0, 0.0)
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Paint:
    """A colour (linear, 0..1) on a finish."""

    name: str
    colour: Colour
    finish: Finish


def linear(code: int) -> Colour:
    """0xRRGGBB of the sRGB space as linear light, to four digits: more than any screen shows."""
    red, green, blue = (_linear((code >> bits & 255) / 255) for bits in (16, 8, 0))
    return (red, green, blue)


def _linear(value: float) -> float:
    light = value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
    return round(light, 4)


MATT = Finish("matt", metallic=0.0, roughness=0.62)
METAL = Finish("metal", metallic=0.85, roughness=0.42)
WINDOW = Finish("window", metallic=0.0, roughness=0.25, glow=(0.85, 0.72, 0.45))
LAMP = Finish("lamp", metallic=0.0, roughness=0.3, glow=(0.9, 0.93, 1.0))
GLASS = Finish("glass", metallic=0.0, roughness=0.08, alpha=0.28)
FINISHES = (MATT, METAL, WINDOW, LAMP, GLASS)

_PAINTS = (
    Paint("blue", linear(0x0B3B75), MATT),
    Paint("blue_dark", linear(0x082C5A), MATT),
    Paint("blue_light", linear(0x12509A), MATT),
    Paint("roof", linear(0x0A3468), MATT),
    Paint("sign", linear(0x0B0D10), MATT),
    Paint("letter", linear(0xF4F2EA), WINDOW),
    Paint("pane", linear(0xE9E2CC), WINDOW),
    Paint("lamp", linear(0xF2F5FF), LAMP),
    Paint("glass", linear(0xCFE4FF), GLASS),
    Paint("steel", linear(0x8E949B), METAL),
    Paint("rail", linear(0x3A3E44), METAL),
    Paint("port", linear(0xC3C7CC), METAL),
    Paint("gold", linear(0xD9A441), METAL),
    Paint("chip", linear(0x16181B), MATT),
    Paint("hole", linear(0x08090B), MATT),
    Paint("board", linear(0x12703A), MATT),
    Paint("caddy", linear(0xD8D9D6), MATT),
    Paint("fan", linear(0x1B1D21), MATT),
    Paint("rotor", linear(0x4A5058), MATT),
    Paint("switch", linear(0x23272D), MATT),
    Paint("charger", linear(0x2E3237), MATT),
    Paint("plug", linear(0xF0F1F2), MATT),
    Paint("server", linear(0x14171B), MATT),
    Paint("blank", linear(0x0B3B75), MATT),
    Paint("wood", linear(0x8A6642), MATT),
    Paint("cable", linear(0x2F6FB5), MATT),
    Paint("led_green", linear(0x35E05A), MATT),
    Paint("led_red", linear(0xF0342B), MATT),
)
PAINTS = {paint.name: paint for paint in _PAINTS}
