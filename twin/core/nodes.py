"""The roster: which node is which row, where it stands, and what it is called.

Owns identity only (mac, ip, place, slot, public id); values live in columns.py. Called by live.py, the one writer.
Rows are never reused within an epoch, so a row number is a safe name on the wire until the epoch changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

# (switch_ip, port) -> slot of the model, or -1 where the model has no such place.
SlotOf = Callable[[str, int], int]


@dataclass(frozen=True, slots=True)
class Node:
    """One node as the world names it. Empty strings and -1 mean unknown."""

    row: int
    mac: str
    ip: str
    switch_ip: str = ""
    port: int = -1
    slot: int = -1

    @property
    def placed(self) -> bool:
        return bool(self.switch_ip) and self.port >= 0

    @property
    def id(self) -> str:
        """The public id: place as today's viewers have it, or the mac while the place is unknown."""
        return f"{self.switch_ip}-{self.port}" if self.placed else self.mac


class Roster:
    """Rows and their nodes. Every change bumps `version` and stamps the rows it touched."""

    def __init__(self, slot_of: SlotOf, max_nodes: int) -> None:
        self._slot_of = slot_of
        self._max_nodes = max_nodes
        self.nodes: list[Node] = []
        self.row_version: list[int] = []
        self.version = 0
        self.touched: list[int] = []  # rows that changed since live.py last took note
        self._by_mac: dict[str, int] = {}
        self._by_place: dict[tuple[str, int], int] = {}
        self._by_ip: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def full(self) -> bool:
        return len(self.nodes) >= self._max_nodes

    def find(self, mac: str, switch_ip: str = "", port: int = -1) -> int | None:
        """The row of a node by mac, or by place for a sender that does not know its mac."""
        if mac:
            row = self._by_mac.get(mac)
            if row is not None:
                return row
            # A node first seen without a mac keeps its row when the mac becomes known.
            row = self._by_place.get((switch_ip, port))
            return row if row is not None and not self.nodes[row].mac else None
        return self._by_place.get((switch_ip, port))

    def by_id(self, public_id: str) -> Node | None:
        """The node with this public id (`<switch_ip>-<port>` or mac)."""
        row = self._by_mac.get(public_id)
        if row is None:
            switch_ip, _, port = public_id.rpartition("-")
            row = self._by_place.get((switch_ip, int(port))) if port.isascii() and port.isdigit() else None
        return None if row is None else self.nodes[row]

    def at(self, switch_ip: str, port: int) -> int | None:
        """The row that stands at a place."""
        return self._by_place.get((switch_ip, port))

    def by_ip(self, ip: str) -> Node | None:
        row = self._by_ip.get(ip)
        return None if row is None else self.nodes[row]

    def see(self, mac: str, ip: str, switch_ip: str, port: int) -> int | None:
        """A node spoke: find or add its row and note what it says of itself. None when the roster is full.

        A place once known is kept when a later report does not know it. A node that reports a place held by another
        takes it over: the newcomer's word is newer, and the other goes to the holding area rather than away.
        """
        row = self.find(mac, switch_ip, port)
        if row is None:
            if self.full:
                return None
            row = len(self.nodes)
            self.nodes.append(Node(row, mac, ""))
            self.row_version.append(0)
            self._touch(row)
            if mac:
                self._by_mac[mac] = row
        node = self.nodes[row]
        if node.mac == mac and node.ip == ip and node.switch_ip == switch_ip and node.port == port:
            return row
        if mac and not node.mac:
            self._by_mac[mac] = row
            self._set(row, replace(node, mac=mac))
        if ip and self.nodes[row].ip != ip:
            self._move_ip(row, ip)
        self.place(row, switch_ip, port)
        return row

    def place(self, row: int, switch_ip: str, port: int) -> None:
        """Bind a row to a place; whoever was there before becomes unplaced. An unknown place changes nothing."""
        node = self.nodes[row]
        if (node.switch_ip, node.port) == (switch_ip, port) or not switch_ip or port < 0:
            return
        holder = self._by_place.get((switch_ip, port))
        if holder is not None:
            self._unplace(holder)
        if node.placed:
            self._by_place.pop((node.switch_ip, node.port), None)
        self._by_place[(switch_ip, port)] = row
        self._set(row, replace(node, switch_ip=switch_ip, port=port, slot=self._slot_of(switch_ip, port)))

    def put(self, node: Node) -> None:
        """Say of a row (or the next one) all that is to be known of it; nothing is concluded for others. For replay."""
        if node.row == len(self.nodes):
            self.nodes.append(Node(node.row, "", ""))
            self.row_version.append(0)
            self._touch(node.row)
        old = self.nodes[node.row]
        if old == node:
            return
        if self._by_mac.get(old.mac) == node.row:
            del self._by_mac[old.mac]
        if self._by_place.get((old.switch_ip, old.port)) == node.row:
            del self._by_place[old.switch_ip, old.port]
        if self._by_ip.get(old.ip) == node.row:
            del self._by_ip[old.ip]
        if node.mac:
            self._by_mac[node.mac] = node.row
        if node.placed:
            self._by_place[node.switch_ip, node.port] = node.row
        if node.ip:
            self._by_ip[node.ip] = node.row
        self._set(node.row, node)

    def since(self, version: int) -> list[Node]:
        """The nodes that are new or changed after `version` (0 = all)."""
        if version <= 0:
            return list(self.nodes)
        stamps = self.row_version
        return [node for node in self.nodes if stamps[node.row] > version]

    def _unplace(self, row: int) -> None:
        node = self.nodes[row]
        self._by_place.pop((node.switch_ip, node.port), None)
        self._set(row, replace(node, switch_ip="", port=-1, slot=-1))

    def _move_ip(self, row: int, ip: str) -> None:
        node = self.nodes[row]
        if self._by_ip.get(node.ip) == row:
            del self._by_ip[node.ip]
        self._by_ip[ip] = row
        self._set(row, replace(node, ip=ip))

    def _set(self, row: int, node: Node) -> None:
        self.nodes[row] = node
        self._touch(row)

    def _touch(self, row: int) -> None:
        self.version += 1
        self.row_version[row] = self.version
        self.touched.append(row)
