"""The first message of namespace /twin: what is spoken here. Pure; built from the live state and the layout."""

from __future__ import annotations

from models.layout import Layout
from twin import __version__
from twin.core.columns import STATUSES
from twin.core.live import Live
from twin.wire.events import PROTOCOL, FieldSpec, Hello
from twin.wire.frame import AGE_MISSING, AGE_STEP_MS, MISSING, STEP

# How a reader turns each column's bytes into values. `missing` of status and light is a real value: unknown, off.
FIELDS: tuple[FieldSpec, ...] = (
    {"name": "cpu", "unit": "%", "step": STEP, "missing": MISSING, "bit": 0, "bytes": 1},
    {"name": "memory", "unit": "%", "step": STEP, "missing": MISSING, "bit": 1, "bytes": 1},
    {"name": "disk", "unit": "%", "step": STEP, "missing": MISSING, "bit": 2, "bytes": 1},
    {"name": "temperature", "unit": "C", "step": STEP, "missing": MISSING, "bit": 3, "bytes": 1},
    {"name": "status", "unit": "", "step": 1, "missing": 0, "bit": 4, "bytes": 1},
    {"name": "light", "unit": "rgb", "step": 1, "missing": 0, "bit": 5, "bytes": 3},
    {"name": "age", "unit": "s", "step": AGE_STEP_MS / 1000, "missing": AGE_MISSING, "bit": 6, "bytes": 2},
)


class Greeter:
    """Makes hellos; owns the layout's bytes and hash, which viewers cache by."""

    def __init__(self, live: Live, layout: Layout, tick_ms: int, period_ms: int, lights: int) -> None:
        self._live = live
        self._tick_ms = tick_ms
        self._period_ms = period_ms
        self._lights = lights
        self._name = layout.name
        self.layout = layout.encoded
        self.layout_hash = layout.hash

    def hello(self, role: str, now_ms: int) -> Hello:
        """The hello of this moment for a viewer of `role`."""
        return {
            "protocol": PROTOCOL,
            "server": __version__,
            "epoch": self._live.epoch,
            "seq": self._live.seq,
            "tick_ms": self._tick_ms,
            "period_ms": self._period_ms,
            "server_ms": now_ms,
            "role": role,
            "lights": self._lights,
            "fields": list(FIELDS),
            "statuses": list(STATUSES),
            "model": {"name": self._name, "layout": "/model/layout.json", "hash": self.layout_hash},
        }
