"""Hears where the server is: `IP:PORT` as text, broadcast on UDP 3333. Owns the socket and what counts as
an address. Whoever broadcasts is believed, as by the agents in the field; an agent that should not is given
--server. Called by agent.py.
"""

from __future__ import annotations

import socket

PORT = 3333
_LONGEST = 64  # bytes; "255.255.255.255:65535" has 21


def open_socket(port: int = PORT) -> socket.socket:
    """A UDP socket that hears broadcasts. Shared on purpose: several agents and the server live on one
    desktop, and a broadcast reaches every socket that is bound with SO_REUSEADDR."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT") and not hasattr(socket, "SO_BINDTODEVICE"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # BSD and macOS want this one to share
        sock.bind(("", port))
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def hear(sock: socket.socket) -> str | None:
    """The newest address that came in, as http://IP:PORT; None when there was only rubbish, or nothing."""
    found = None
    for _ in range(64):  # bounded: a flood must not keep the agent from its work
        try:
            data, sender = sock.recvfrom(_LONGEST + 1)
        except BlockingIOError:
            break
        except OSError:  # an ICMP error that belongs to nothing we sent
            continue
        found = parse(data, sender[0]) or found
    return found


def parse(data: bytes, sender: str) -> str | None:
    """`IP:PORT`, in plain ASCII digits, of a machine that can be a server seen from here; anything else is
    None."""
    try:
        text = data.decode("ascii").strip() if len(data) <= _LONGEST else ""
    except UnicodeDecodeError:
        return None
    ip, colon, port = text.partition(":")
    if not colon or not port.isdecimal() or len(port) > 5 or not 1 <= int(port) <= 65535:
        return None
    try:
        packed = socket.inet_pton(socket.AF_INET, ip)
    except OSError:
        return None
    if packed[0] == 0 or packed[0] >= 224:  # "this network", multicast, broadcast: nobody's address
        return None
    if packed[0] == 127 and not sender.startswith("127."):  # loopback, said by another machine, would be ourselves
        return None
    return f"http://{ip}:{int(port)}"
