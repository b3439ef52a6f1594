"""What viewers and agents ask, parsed once into frozen types. Pure; called by edge/viewers.py and edge/agents.py."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping
from dataclasses import dataclass

from telemetry import report as reports
from twin.core.errors import BadInput
from twin.wire.encoder import Wish
from twin.wire.frame import ALL, METRIC_ARRAYS, Column

MAX_WATCHED = 32
MAX_WISHED_IDS = 4096
MAX_ID = 64
MIN_PERIOD_S, MAX_PERIOD_S = 0.1, 3600.0
MOST_SPEED = 3600.0
FIELD_COLUMNS = {
    column.name.lower(): column for column in (*METRIC_ARRAYS, Column.STATUS, Column.LIGHT, Column.AGE) if column.name
}


@dataclass(frozen=True, slots=True)
class Resumption:
    epoch: int
    seq: int
    roster: int


@dataclass(frozen=True, slots=True)
class Seeking:
    """Where a viewer wants to be. None: not said."""

    at_ms: int | None
    speed: float | None
    share: str | None
    live: bool


@dataclass(frozen=True, slots=True)
class Newborn:
    """An agent's birth. `fleet`: the socket speaks for many nodes."""

    mac: str
    ip: str
    switch_ip: str
    port: int
    period_ms: int
    fleet: bool


def resumption(value: object) -> Resumption:
    """{"epoch", "seq", "roster"?}. Raises BadInput naming the field."""
    body = _object(value, "resume")
    return Resumption(_whole(body, "epoch", 0), _whole(body, "seq", 0), _whole(body, "roster", 0))


def watch_list(value: object) -> list[str]:
    """{"ids": [...]}, at most 32."""
    return _ids(_object(value, "watch").get("ids"), MAX_WATCHED)


def wish(value: object) -> Wish:
    """{"fields"?, "ids"?, "max_hz"?}; status and age are always sent, so nothing stale can look fresh."""
    body = _object(value, "interest")
    columns = ALL
    names = body.get("fields")
    if names is not None:
        columns = Column.STATUS | Column.AGE
        for name in _texts(names, "fields", len(FIELD_COLUMNS)):
            if name not in FIELD_COLUMNS:
                raise BadInput(f"`{name}` is not a field; there are {', '.join(FIELD_COLUMNS)}", field="fields")
            columns |= FIELD_COLUMNS[name]
    ids = body.get("ids")
    max_hz = body.get("max_hz")
    if max_hz is None:
        gap_ms = 0
    elif isinstance(max_hz, int | float) and not isinstance(max_hz, bool) and 0.01 <= max_hz <= 100:
        gap_ms = int(1000 / max_hz)
    else:
        raise BadInput("`max_hz` must be a number from 0.01 to 100, or null", field="max_hz")
    return Wish(columns, None if ids is None else frozenset(_ids(ids, MAX_WISHED_IDS)), gap_ms)


def seeking(value: object) -> Seeking:
    """{"at_ms"?, "speed"?, "share"?, "live"?}. Raises BadInput naming the field."""
    body = _object(value, "seek")
    at_ms = _whole(body, "at_ms", 0) if body.get("at_ms") is not None else None
    speed, share, live = body.get("speed"), body.get("share"), body.get("live", False)
    if speed is not None:
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 <= speed <= MOST_SPEED:
            raise BadInput(f"`speed` must be a number from 0 (paused) to {MOST_SPEED:g}", field="speed")
        speed = float(speed)
    if share is not None and (not isinstance(share, str) or not 0 < len(share) <= MAX_ID):
        raise BadInput(f"`share` must be a name of 1 to {MAX_ID} characters", field="share")
    if not isinstance(live, bool):
        raise BadInput("`live` must be true or false", field="live")
    return Seeking(at_ms, speed, share, live)


def newborn(value: object) -> Newborn:
    """A birth message. Raises BadInput naming the field."""
    body = _object(value, "birth")
    fleet = body.get("fleet") is True
    period_s = body.get("period_s", 5.0)
    if isinstance(period_s, bool) or not isinstance(period_s, int | float) or not math.isfinite(period_s):
        raise BadInput("`period_s` must be a number of seconds", field="period_s")
    period_s = min(max(float(period_s), MIN_PERIOD_S), MAX_PERIOD_S)
    if fleet:
        return Newborn("", "", "", -1, int(period_s * 1000), True)
    try:
        # A birth names the node in the words of a report, so a report's parser reads it.
        named = reports.parse({key: body.get(key) for key in ("mac", "ip", "switch_ip", "port")})
    except reports.ReportError as error:
        raise BadInput(error.message, field=error.field) from error
    if not named.mac:
        raise BadInput("a birth needs the node's mac", field="mac")
    if named.ip:
        _check_ip(named.ip)
    return Newborn(named.mac, named.ip, named.switch_ip, named.port, int(period_s * 1000), False)


def farewell(value: object) -> bool:
    """{"reason": "reboot" | "shutdown"}: True when the node comes back."""
    reason = _object(value, "bye").get("reason")
    if reason not in ("reboot", "shutdown"):
        raise BadInput("`reason` must be `reboot` or `shutdown`", field="reason")
    return reason == "reboot"


def _object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise BadInput(f"`{what}` takes one JSON object", field=what)
    return value


def _whole(body: Mapping[str, object], name: str, default: int) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise BadInput(f"`{name}` must be a whole number, 0 or more", field=name)
    return value


def _texts(value: object, name: str, most: int) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadInput(f"`{name}` must be a list of texts", field=name)
    if len(value) > most:
        raise BadInput(f"`{name}` holds {len(value)}; at most {most} are taken", field=name)
    return value


def _ids(value: object, most: int) -> list[str]:
    ids = _texts(value, "ids", most)
    if any(len(each) > MAX_ID for each in ids):
        raise BadInput(f"an id has at most {MAX_ID} characters", field="ids")
    return ids


def _check_ip(ip: str) -> None:
    try:
        ipaddress.ip_address(ip)
    except ValueError:
        raise BadInput(f"`ip` is {ip!r}, which is no address", field="ip") from None
