"""Runs a service from a command line: settings, layout, tokens, signals, and what the terminal shows.

Owns `twin serve` and `twin demo` up to the exit code. Printing goes through `say`, which __main__ hands in.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import gc
import io
import logging
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from models import layout as layouts
from models.errors import LayoutError
from telemetry.store.base import StoreError
from twin.core.columns import ONLINE
from twin.core.errors import BadInput, TwinError
from twin.edge import beacon, logs, tokens
from twin.service import Service
from twin.settings import Settings, unknown

log = logging.getLogger(__name__)
Say = Callable[[str], None]
SIMULATOR_STOP_S = 5.0
FEW_FILES = 4096
PR_SET_PDEATHSIG = 1  # linux/prctl.h


async def serve(args: argparse.Namespace, environ: Mapping[str, str], say: Say) -> int:
    """`twin serve`: 0 after a clean stop, 2 when a setting, the store or the port is wrong."""

    async def show(service: Service) -> None:
        say(welcome(service))
        await service.stopped()

    return await _guarded(args, environ, say, show)


async def demo(args: argparse.Namespace, environ: Mapping[str, str], say: Say) -> int:
    """`twin demo`: the service and a simulated cluster beside it, which s + Enter stops and starts."""
    if args.legacy_open is None and "TWIN_LEGACY_OPEN" not in environ:
        args.legacy_open = "loopback"

    async def show(service: Service) -> None:
        nodes = len(service.layout.slots) if args.nodes is None else args.nodes
        if nodes and service.settings.tls_only:
            what = "the demo's Pis speak plain HTTP, which TWIN_TLS_ONLY refuses; run `twin serve`, or leave it out"
            raise BadInput(what, field="TWIN_TLS_ONLY")
        async with _Simulator(service, nodes, args.seed, say) as simulator:
            say(f"{nodes} simulated Pis are on their way ...")
            await _first_frames(service, nodes)
            say(welcome(service))
            say(simulator.help())
            await service.stopped()

    return await _guarded(args, environ, say, show)


async def _guarded(
    args: argparse.Namespace, environ: Mapping[str, str], say: Say, show: Callable[[Service], Awaitable[None]]
) -> int:
    """Run a service around `show`; what a person can mend ends in one clear sentence and code 2."""
    try:
        service = prepare(args, environ)
        async with _until_signal(service):
            # What lives now lives for long: the collector need not walk 1050 nodes and every module again and again.
            gc.collect()
            gc.freeze()
            await show(service)
    except (TwinError, LayoutError, StoreError) as error:
        say(f"twin: {error}")
        return 2
    except OSError as error:
        where = f"{args.host or environ.get('TWIN_HOST', '127.0.0.1')}:{args.port or environ.get('TWIN_PORT', 8080)}"
        say(f"twin: cannot listen on {where}: {error.strerror or error}. Choose another port with TWIN_PORT or --port.")
        return 2
    return 0


def simulate(args: argparse.Namespace) -> int:
    """`twin simulate`: the fleet, standing where the layout has its slots."""
    from telemetry.simulate import run as run_fleet

    slots = layouts.load(args.cluster).slots
    return run_fleet(args, [(slot.switch_ip, slot.port, slot.bank, slot.shelf, slot.column) for slot in slots])


def prepare(args: argparse.Namespace, environ: Mapping[str, str]) -> Service:
    """The service that the command line and the environment describe, not yet listening."""
    data_dir = Path(args.data_dir) if args.data_dir else None
    settings = Settings.read(
        environ,
        host=args.host,
        port=args.port,
        data_dir=data_dir,
        cluster=args.cluster,
        legacy_open=args.legacy_open,
        tls="auto" if args.tls_auto else None,
    )
    logs.configure(settings.log_format, settings.log_level)
    _allow_connections()
    for name in unknown(environ):
        log.warning("%s is not a setting of the twin; docs/settings.md lists them", name)
    secrets = tokens.read_or_make(settings.data_dir, settings.agent_token, settings.operator_token)
    return Service(settings, layouts.load(settings.cluster), secrets)


def _allow_connections() -> None:
    """Each Pi and each viewer is a descriptor; the usual soft limit of 1024 is less than one cluster."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < FEW_FILES:
        log.warning("this process may hold %d connections; raise the limit (LimitNOFILE, ulimit -n)", hard)


def welcome(service: Service) -> str:
    """What a person reads when it runs: where the page is, from here and from a phone."""
    settings = service.settings
    scheme, port = ("https", service.tls_port) if service.tls is not None else ("http", service.port)
    here = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host
    # On this machine plain HTTP is as good, and no browser has to trust anything for it.
    lines = ["", f"  The twin is at  {_url('https' if settings.tls_only else 'http', here, service)}"]
    if settings.host == "0.0.0.0":
        for address in lan_addresses():
            url = f"{scheme}://{address}:{port}/"
            # The code leads to where trust begins; from there it is one step to the page.
            code = f"{_url('http', address, service)}trust" if service.tls and service.tls.authority else url
            lines += [f"  on the network  {url}", "", qr(code)]
    lines += _how_to_trust(service, here)
    lines += [f"  tokens          {settings.data_dir / tokens.FILE}", ""]
    return "\n".join(lines)


def _url(scheme: str, host: str, service: Service) -> str:
    return f"{scheme}://{host}:{service.tls_port if scheme == 'https' else service.port}/"


def _how_to_trust(service: Service, here: str) -> list[str]:
    """Where a device gets the authority, and what to compare it with."""
    if service.tls is None:
        return []
    lines = [f"  HTTPS           {_url('https', here, service)}"]
    if service.tls.authority is None:
        return lines
    hosts = lan_addresses() if service.settings.host == "0.0.0.0" else [here]
    lines += [
        f"  a device that does not trust it yet opens first  {_url('http', each, service)}trust" for each in hosts
    ]
    return [*lines, f"  and compares    SHA-256 {service.tls.fingerprint}"]


def lan_addresses() -> list[str]:
    """This machine's IPv4 addresses that others can reach."""
    return [address for address, _ in beacon.interface_addresses() if not address.startswith("127.")]


def qr(url: str) -> str:
    """The address as a QR code of half blocks, for a phone that looks at the terminal."""
    import segno

    out = io.StringIO()
    segno.make(url, error="m").terminal(out, compact=True, border=2)
    return out.getvalue()


@asynccontextmanager
async def _until_signal(service: Service) -> AsyncIterator[None]:
    """Run the service; SIGINT and SIGTERM ask it to stop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, service.stop)
    try:
        async with service.running():
            yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _first_frames(service: Service, nodes: int) -> None:
    """Wait until half of the fleet has reported, so that the page moves when its address is told; 10 s at most."""
    deadline = asyncio.get_running_loop().time() + 10
    while asyncio.get_running_loop().time() < deadline:
        columns = service.live.columns
        if service.stopping or int((columns.status[: columns.count] == ONLINE).sum()) * 2 >= nodes:
            return
        await asyncio.sleep(0.1)


def _die_with_parent() -> None:
    """A demo that is killed must not leave a fleet behind. Linux: the kernel sends the child SIGTERM."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class _Simulator:
    """The simulated fleet as a process of its own, so that it can be stopped like real Pis: by pulling the plug."""

    def __init__(self, service: Service, nodes: int, seed: int, say: Say) -> None:
        self._service = service
        self._nodes = nodes
        self._seed = seed
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._listening = False

    async def __aenter__(self) -> _Simulator:
        if self._nodes:
            await self._start()
        if sys.stdin is not None and sys.stdin.isatty():
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._key)
            self._listening = True
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listening:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        await self._stop()

    def help(self) -> str:
        """What can be done next."""
        service = self._service
        lines = ["  s + Enter stops the simulated Pis, and again starts them."] if self._listening else []
        lines.append(f"  this machine as a Pi:  twin agent --server http://127.0.0.1:{service.port}")
        for address in lan_addresses() if service.settings.host == "0.0.0.0" else ():
            server = f"http://{address}:{service.port}"
            lines.append(f"  another Pi:            twin agent --server {server} --token {service.gate.agent_token}")
        return "\n".join([*lines, "  Ctrl-C ends all.   More: docs/agent.md, docs/operations.md", ""])

    def _key(self) -> None:
        if sys.stdin.readline().strip().lower() == "s":
            self._service.spawn(self._toggle())

    async def _toggle(self) -> None:
        if self._process is None or self._process.returncode is not None:
            await self._start()
            self._say(f"  {self._nodes} simulated Pis are back.")
        else:
            await self._stop()
            self._say("  The simulated Pis are off: watch them go late, then lost. Now start a real agent.")

    async def _start(self) -> None:
        service = self._service
        command = [sys.executable, "-m", "twin", "simulate", "--nodes", str(self._nodes), "--seed", str(self._seed)]
        command += ["--server", f"http://127.0.0.1:{service.port}", "--cluster", service.settings.cluster]
        # The token travels in the environment: an argument would show in the process list.
        environ = {**os.environ, "TWIN_AGENT_TOKEN": service.gate.agent_token}
        self._process = await asyncio.create_subprocess_exec(
            *command,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us; we stop the fleet ourselves
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(SIMULATOR_STOP_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
