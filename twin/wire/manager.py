"""Today's manager dialect, pure: reads a call, lets the registry act, and writes the answer.

Owns the calls and the registry's saved form; state is registry.py's, single values manager_body.py's. Paths, content
types and the UDP broadcast are edge/manager_api's, which calls `answer` for every request. "true" and "false" are
strings in this dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from twin.core.errors import NotFound
from twin.wire.manager_body import Body, address, fail, group_name, port_number
from twin.wire.registry import EVERYWHERE, Binding, ManagerError, Pi, Registry

__all__ = ["CALLS", "Binding", "ManagerError", "Registry", "Reply", "answer", "free_pi", "restore", "to_json"]

TIME_FORMAT = "%m/%d/%Y, %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Reply:
    """The JSON to answer with, and what the call made known of a Pi's place."""

    body: dict[str, object]
    binding: Binding | None = None


def answer(registry: Registry, method: str, call: str, body: object, now: float, zone: tzinfo = UTC) -> Reply:
    """One request: `call` is the path in any case, `body` its JSON (None for GET), `zone` that of the times shown.

    Raises ManagerError (400) naming the field, NotFound (404) for a call that is not the registry's.
    """
    key = (method.upper(), call.strip("/").lower())
    found = CALLS.get(key)
    if found is None:
        raise NotFound(f"{key[0]} /{key[1][:40]} is not a call of the manager.")
    return found(registry, Body({} if body is None else body), _Clock(now, zone))


def free_pi(ip: str | None) -> dict[str, object]:
    """The answer of GET /freepi; the caller found the candidate, or None."""
    return _true(ip=ip) if ip else _false()


def to_json(registry: Registry) -> dict[str, object]:
    """Everything of a registry that is worth keeping over a restart."""
    return {
        "version": 1,
        "pis": {pi.ip: {"mac": pi.mac, "seen": pi.seen} for pi in registry.pis.values()},
        "ports": dict(registry.ports),
        "switches": dict(registry.switches),
        "groups": {name: list(switches) for name, switches in registry.groups.items()},
    }


def restore(registry: Registry, value: object, now: float) -> None:
    """Fills an empty registry from what to_json gave, with the checks of requests. Raises ManagerError(bad_state)."""
    try:
        saved = Body(value)
        for ip, pi in saved.table("pis").items():
            inner = Body(pi)
            registry.register(address(ip, "ip"), inner.mac(), inner.seconds("seen"))
        for ip, port in saved.table("ports").items():
            registry.set_port(address(ip, "ip"), port_number(port))
        for ip, switch_ip in saved.table("switches").items():
            registry.set_switch(address(ip, "ip"), address(switch_ip, "switch_ip"))
        for name, switches in saved.table("groups").items():
            for switch_ip in switches if isinstance(switches, list) else [switches]:
                registry.join(group_name(name), address(switch_ip, "switch_ip"))
    except ManagerError as error:
        what = f"The saved registrations are damaged: {error.message} Delete them; Pis register again by themselves."
        raise ManagerError("bad_state", what, error.field) from None
    registry.spread_pings(now)


@dataclass(frozen=True, slots=True)
class _Clock:
    now: float
    zone: tzinfo

    def show(self, pi: Pi) -> dict[str, object]:
        time = datetime.fromtimestamp(pi.seen, self.zone).strftime(TIME_FORMAT)
        return {"ip": pi.ip, "mac": pi.mac, "time": time}


def _true(**values: object) -> dict[str, object]:
    return {"status": "true", **values}


def _false() -> dict[str, object]:
    return {"status": "false"}


def _registerpi(registry: Registry, body: Body, clock: _Clock) -> Reply:
    ip = body.ip()
    registry.register(ip, body.mac(), clock.now)
    return Reply(_true(), registry.binding(ip))


def _remove(registry: Registry, body: Body, clock: _Clock) -> Reply:
    registry.forget(body.ip())
    return Reply(_true())


def _getpi(registry: Registry, body: Body, clock: _Clock) -> Reply:
    if not body.has("ip"):
        return Reply(_true(items={ip: clock.show(pi) for ip, pi in registry.pis.items()}))
    pi = registry.pis.get(body.ip())
    return Reply(_true(pi=clock.show(pi)) if pi else _false())


def _picount(registry: Registry, body: Body, clock: _Clock) -> Reply:
    return Reply(_true(count=len(registry)))


def _setport(registry: Registry, body: Body, clock: _Clock) -> Reply:
    ip = body.ip()
    registry.set_port(ip, body.port())
    return Reply(_true(), registry.binding(ip))


def _getport(registry: Registry, body: Body, clock: _Clock) -> Reply:
    if not body.has("ip"):
        return Reply(_true(items=dict(registry.ports)))
    port = registry.ports.get(body.ip())
    return Reply(_false() if port is None else _true(port=port))


def _addswitch(registry: Registry, body: Body, clock: _Clock) -> Reply:
    ip, switch_ip = body.ip(), body.switch_ip()
    registry.set_switch(ip, switch_ip)
    return Reply(_true(), registry.binding(ip))


def _getpiswitch(registry: Registry, body: Body, clock: _Clock) -> Reply:
    switch_ip = registry.switches.get(body.ip())
    return Reply(_false() if switch_ip is None else _true(switch_ip=switch_ip))


def _setpigroup(registry: Registry, body: Body, clock: _Clock) -> Reply:
    location, switch_ip = body.location(), body.switch_ip()
    if location == EVERYWHERE:
        fail("bad_name", "location", 'is "all", which stands for every group: choose another name.')
    registry.join(location, switch_ip)
    return Reply(_true())


def _getpigroup(registry: Registry, body: Body, clock: _Clock) -> Reply:
    return Reply(_true(items=registry.group(body.location())))


Call = Callable[[Registry, Body, _Clock], Reply]
CALLS: Mapping[tuple[str, str], Call] = {
    ("POST", "registerpi"): _registerpi,
    ("POST", "remove"): _remove,
    ("GET", "getpi"): _getpi,
    ("POST", "getpi"): _getpi,
    ("GET", "picount"): _picount,
    ("POST", "setport"): _setport,
    ("GET", "getport"): _getport,
    ("POST", "getport"): _getport,
    ("POST", "addswitch"): _addswitch,
    ("POST", "getpiswitch"): _getpiswitch,
    ("POST", "setpigroup"): _setpigroup,
    ("POST", "getpigroup"): _getpigroup,
}
