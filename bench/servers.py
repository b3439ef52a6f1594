"""The systems that are measured, and one of them running: started on its own core, waited for, stopped.

Owns commands and processes. All servers listen on 127.0.0.1 at a port that was free a moment ago.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import machine

HERE = Path(__file__).parent
ROOT = HERE.parent
READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 20.0
LOG = "server.log"
AGENT_TOKEN = "agent-token-of-the-bench"


@dataclass(frozen=True, slots=True)
class System:
    """`command(port, work)` starts it; it is ready when `health` answers 200; its viewers are in `namespace`.

    `front(port, of_port)`: a second process, which takes the reports and passes them on.
    """

    name: str
    command: Callable[[int, Path], list[str]]
    health: str
    namespace: str = "/"
    front: Callable[[int, int], list[str]] | None = None

    @property
    def slug(self) -> str:
        return self.name.replace(" ", "-")


def _node(program: str, *arguments: object) -> list[str]:
    return ["node", str(HERE / "node" / program), *map(str, arguments)]


def _python(*arguments: object) -> list[str]:
    return [sys.executable, "-m", *map(str, arguments)]


HEALTH = "/api/healthcheck"
TWIN = System("twin", lambda port, work: _python("twin", "serve", "--port", port), "/readyz", namespace="/twin")
NODE = System("plain Node", lambda port, work: _node("plain.mjs", port), HEALTH)
FRAMES = System("frames on Node", lambda port, work: _node("frames.mjs", port), HEALTH, namespace="/twin")
TWO_STEPS = System(
    "Node in two steps",
    lambda port, work: _node("plain.mjs", port),
    HEALTH,
    front=lambda port, of_port: _node("front.mjs", port, of_port),
)
PYTHON = System("plain Python", lambda port, work: _python("bench.plain", port), HEALTH)
EXPRESS = System("express", lambda port, work: _node("ingest.mjs", port), HEALTH)
EXPRESS_DISK = System("express, on disk", lambda port, work: _node("ingest.mjs", port, work / "reports.jsonl"), HEALTH)


@dataclass(slots=True)
class Server:
    """A running system: viewers at `port`, reports to `feed_port`. `ready_s`: from exec to the first healthy answer."""

    system: System
    pids: tuple[int, ...]
    port: int
    feed_port: int
    ready_s: float


@asynccontextmanager
async def running(system: System, work: Path, **settings: object) -> AsyncIterator[Server]:
    """Start `system` with `work` as its data directory; `settings` become TWIN_* of a twin."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TWIN_DATA_DIR": str(work), "TWIN_BEACON": "false"}
    environ |= {"TWIN_LEGACY_OPEN": "loopback", "TWIN_LOG_LEVEL": "error", "TWIN_AGENT_TOKEN": AGENT_TOKEN}
    environ |= {f"TWIN_{name.upper()}": str(value) for name, value in settings.items()}
    port = feed_port = free_port()
    began = time.perf_counter()
    processes = [_start(system.command(port, work), environ, work)]
    try:
        await asyncio.to_thread(_ready, processes[0], port, system.health, work)
        ready_s = time.perf_counter() - began
        if system.front is not None:
            feed_port = free_port()
            processes.append(_start(system.front(feed_port, port), environ, work))
            await asyncio.to_thread(_ready, processes[1], feed_port, system.health, work)
        yield Server(system, tuple(process.pid for process in processes), port, feed_port, ready_s)
    finally:
        for process in processes:
            await asyncio.to_thread(_stop, process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(command: list[str], environ: dict[str, str], work: Path) -> subprocess.Popen[bytes]:
    """A process on the server's core; its words go to LOG in `work`."""
    work.mkdir(parents=True, exist_ok=True)
    with (work / LOG).open("ab") as out, machine.on_core(machine.SERVER_CORE):
        return subprocess.Popen(
            command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def get(port: int, path: str, timeout_s: float = 1.0) -> bytes:
    """One plain HTTP request; raises OSError when nobody answers."""
    with socket.create_connection(("127.0.0.1", port), timeout_s) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = bytearray()
        while data := line.recv(65536):
            answer += data
    return bytes(answer)


def _ready(process: subprocess.Popen[bytes], port: int, path: str, work: Path) -> None:
    """Ask every 2 ms until the answer is 200."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if get(port, path).split(b"\r\n", 1)[0].endswith(b" 200 OK"):
                return
        except OSError:
            pass
        time.sleep(0.002)
    last_words = (work / LOG).read_text()[-2000:]
    raise RuntimeError(f"{process.args!r} was not ready in {READY_TIMEOUT_S:g} s; its last words:\n{last_words}")
