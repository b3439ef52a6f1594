"""Reports as the agents in the field send them: about 750 bytes of JSON, five processes, strings for numbers.

A report's round (how often its node has reported before) is written into its CPU value, in half steps: that is the
finest thing that survives in a frame, and it lets bench/latency.py find out which report a viewer has received.
"""

from __future__ import annotations

import json
import random
from functools import cache

from bench.plan import NODES
from models import layout

ROUNDS = 200  # half steps of 0..99.5 %
NAMES = ("python3", "systemd", "kworker/u8:2", "NetworkManager", "sshd", "rpc.statd", "dbus-daemon", "chronyd")


@cache
def places() -> tuple[tuple[str, int], ...]:
    """Switch and port of each node of the real cluster."""
    return tuple((slot.switch_ip, slot.port) for slot in layout.load("cluster").slots[:NODES])


def public_ids() -> dict[str, int]:
    """Node number by public id."""
    return {f"{switch}-{port}": node for node, (switch, port) in enumerate(places())}


def mac(node: int) -> str:
    return f"b8:27:eb:{node >> 16 & 255:02x}:{node >> 8 & 255:02x}:{node & 255:02x}"


def field_report(node: int, number: int = 0) -> dict[str, object]:
    """Report `number` of a node; the same for the same arguments, whoever is measured."""
    dice = random.Random(node * 1009 + number)
    free = round(dice.uniform(300, 700), 1)
    disk_free = round(dice.uniform(10, 40), 1)
    switch_ip, port = places()[node] if node < NODES else (-1, -1)
    return {
        "CPU": f"{number % ROUNDS / 2:.1f}",
        "MemoryFree": free,
        "MemoryTotal": 877.6,
        "MemoryPercentage": f"{100 - free / 8.776:.1f}",
        "DiskFree": disk_free,
        "DiskTotal": 50.0,
        "DiskPercentage": f"{100 - disk_free * 2:.1f}",
        "CPUTemperature": f"{dice.uniform(30, 70):.1f}'C",
        "ip": f"172.{20 + (node >> 16)}.{node >> 8 & 255}.{node & 255}",
        "mac": mac(node),
        "port": port,
        "switch_ip": switch_ip,
        "processes": [[_process(dice) for _ in range(5)]],
        "data": {},
        "status": "true",
    }


def body(node: int, number: int = 0) -> bytes:
    """The report as it is POSTed (Python's json, as the agents use it)."""
    return json.dumps(field_report(node, number)).encode()


def post(node: int, number: int = 0) -> bytes:
    """The whole HTTP request."""
    content = body(node, number)
    head = "POST /api/cluster HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
    return f"{head}{len(content)}\r\n\r\n".encode() + content


def _process(dice: random.Random) -> dict[str, object]:
    return {
        "pid": dice.randint(1, 32768),
        "name": dice.choice(NAMES),
        "username": dice.choice(("root", "pi", "dbus", "chrony")),
        "memory_percent": round(dice.uniform(0, 5), 1),
        "cpu_percent": round(dice.uniform(0, 30), 1),
    }
