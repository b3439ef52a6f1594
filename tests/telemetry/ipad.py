"""The strict rules by which the iPad app of today reads one node, written anew from their description, for tests.

One node that breaks a rule loses the app its whole picture, so everything the twin ever accepted must pass.
"""

from __future__ import annotations

import json
import math
from typing import Any


def read(node: dict[str, Any]) -> dict[str, Any]:
    """Decodes as the app does; raises AssertionError naming the key that would break it."""
    node = json.loads(json.dumps(node, allow_nan=False))  # it comes over the wire
    for key in ("CPU", "MemoryPercentage", "DiskPercentage"):
        assert isinstance(node[key], str), key
        _plain(node[key].replace("%", ""), key)
    assert isinstance(node["CPUTemperature"], str)
    _plain(node["CPUTemperature"].replace("'C", ""), "CPUTemperature")
    for key in ("MemoryFree", "MemoryTotal", "DiskFree"):
        assert _is_number(node[key]), key
    assert type(node["DiskTotal"]) is int, "DiskTotal"
    for key in ("ip", "mac"):
        assert isinstance(node[key], str), key
    assert type(node["port"]) is int or (isinstance(node["port"], str) and int(node["port"]) is not None), "port"
    assert isinstance(node["switch_ip"], str) or type(node["switch_ip"]) is int, "switch_ip"
    return node


def _plain(text: str, key: str) -> None:
    assert text == text.strip(), key
    assert text.isascii(), key
    assert math.isfinite(float(text)), key


def _is_number(value: object) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))
