"""The manager's memory: which Pis registered, on which port of which switch, in which group, and whom to ping.

Owns state and bounds; values arrive checked. Reading requests, answering and the saved form are manager.py's, the only
caller beside edge/manager_api, which carries out the pings:

    due_pings(now) -> [ip]   the edge calls GET http://<ip>:8880/ping   -> pong(ip, now) | missed(ip, now)

Time is an argument: seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from twin.core.errors import BadInput

MAX_ENTRIES = 20_000  # registered Pis, ports and switches of Pis, each: beyond any cluster, and 10 MB at most
MAX_GROUPS = 64
MAX_SWITCHES = 4096  # in one group
PING_S = 20.0  # as today's manager; an agent gives up on a manager after 50 s without a ping
MAX_MISSED = 2  # pings in a row. Today's manager forgets after one, and so over one lost packet
EVERYWHERE = "all"  # getpigroup's word for every group

T = TypeVar("T")


class ManagerError(BadInput):
    """A call of the manager that cannot be carried out: answered with 400.

    Codes: not_object, missing, wrong_type, bad_address, out_of_range, bad_name, too_many, bad_state.
    """

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message, field=field, code=code)


@dataclass(slots=True)
class Pi:
    """A registered Pi. `seen`: its last registration or pong."""

    ip: str
    mac: str
    seen: float
    next_ping: float
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Binding:
    """What is known of where the Pi at `ip` is plugged in. Unknown: "", "" and -1."""

    ip: str
    mac: str
    switch_ip: str
    port: int

    @property
    def placed(self) -> bool:
        return bool(self.switch_ip) and self.port >= 0


class Registry:
    """Everything is keyed by the Pi's address. `version` grows with every change that is worth saving."""

    def __init__(self, *, ping_s: float = PING_S, max_missed: int = MAX_MISSED, max_entries: int = MAX_ENTRIES) -> None:
        self._ping_s = ping_s
        self._max_missed = max_missed
        self._max = max_entries
        self.pis: dict[str, Pi] = {}
        self.ports: dict[str, int] = {}
        self.switches: dict[str, str] = {}
        self.groups: dict[str, list[str]] = {}
        self.version = 0

    def __len__(self) -> int:
        return len(self.pis)

    def register(self, ip: str, mac: str, now: float) -> None:
        """A Pi said hello. Whoever had this address before is gone; the address's place is kept."""
        known = self.pis.get(ip)
        if known is not None and known.mac == mac:
            known.seen, known.missed = now, 0
            return
        self._keep(self.pis, ip, Pi(ip, mac, now, now + self._ping_s))

    def forget(self, ip: str) -> bool:
        """The Pi is gone; its place is kept, for it may come back. False when it was not registered."""
        if self.pis.pop(ip, None) is None:
            return False
        self.version += 1
        return True

    def set_port(self, ip: str, port: int) -> None:
        self._keep(self.ports, ip, port)

    def set_switch(self, ip: str, switch_ip: str) -> None:
        self._keep(self.switches, ip, switch_ip)

    def join(self, location: str, switch_ip: str) -> None:
        """Puts a switch into a group."""
        group = self.groups.get(location, [])
        if switch_ip in group:
            return
        if len(group) >= MAX_SWITCHES or (location not in self.groups and len(self.groups) >= MAX_GROUPS):
            what = f"There is room for {MAX_GROUPS} groups of {MAX_SWITCHES} switches, and no more."
            raise ManagerError("too_many", what, "location")
        self.groups[location] = [*group, switch_ip]
        self.version += 1

    def group(self, location: str) -> list[str]:
        """The switches of a group, or of all. One that is in two groups is listed once: callers act on each."""
        names: Iterable[str] = self.groups if location == EVERYWHERE else (location,)
        return list(dict.fromkeys(switch_ip for name in names for switch_ip in self.groups.get(name, ())))

    def binding(self, ip: str) -> Binding:
        """Where the Pi at this address is plugged in, as far as anyone said."""
        pi = self.pis.get(ip)
        return Binding(ip, pi.mac if pi else "", self.switches.get(ip, ""), self.ports.get(ip, -1))

    def bindings(self) -> Iterator[Binding]:
        """Every address of which anything is known: to place nodes again after a restart."""
        for ip in dict.fromkeys((*self.pis, *self.ports, *self.switches)):
            yield self.binding(ip)

    def spread_pings(self, now: float) -> None:
        """Spreads the first pings over a period: a restart must not ping a thousand Pis at once."""
        for i, pi in enumerate(self.pis.values()):
            pi.next_ping = now + self._ping_s * i / len(self.pis)

    def due_pings(self, now: float) -> list[str]:
        """The addresses to ping now. Each is handed out once a period."""
        due = [pi for pi in self.pis.values() if pi.next_ping <= now]
        for pi in due:
            pi.next_ping = now + self._ping_s
        return [pi.ip for pi in due]

    def pong(self, ip: str, now: float) -> None:
        """The Pi answered. One that was removed meanwhile stays removed."""
        if pi := self.pis.get(ip):
            pi.seen, pi.missed = max(pi.seen, now), 0

    def missed(self, ip: str, now: float) -> bool:
        """The Pi did not answer a ping. True when it is forgotten over it.

        A Pi that registered less than a period ago is alive whatever an older ping says.
        """
        pi = self.pis.get(ip)
        if pi is None or now - pi.seen < self._ping_s:
            return False
        pi.missed += 1
        return pi.missed >= self._max_missed and self.forget(ip)

    def _keep(self, kept: dict[str, T], ip: str, value: T) -> None:
        if ip not in kept and len(kept) >= self._max:
            what = f"{self._max} addresses are known already. Remove some, or raise the bound."
            raise ManagerError("too_many", what, "ip")
        if kept.get(ip) != value:
            kept[ip] = value
            self.version += 1
