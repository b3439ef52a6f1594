"""`twin agent`: the one process of ours on a Pi. Owns the main loop: waits, tells the session what happened, carries
out what it says. Decides nothing (session.py), measures nothing (sample.py), words no failure (link.py). Called by the
`twin` command through `add_arguments` and `run`.

    discovery, link, signals, deadline --> mailbox --> session --> connect, birth, sample, send, bye

One thread does all of this; the socket and the old HTTP calls have their own, and speak to it through the mailbox.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import logging
import os
import random
import signal
import socket
import sys
import time
from collections import deque

from telemetry import discovery
from telemetry.errors import AgentError
from telemetry.identity import Identity, identify
from telemetry.keep import MemoryKeep
from telemetry.keep_file import open_keep
from telemetry.link import Link
from telemetry.mailbox import Mailbox
from telemetry.options import Options, read_options
from telemetry.options import add_arguments as add_arguments
from telemetry.probe import Answers, Probe, listapps
from telemetry.report import to_field, to_record
from telemetry.sample import Sampler, Who
from telemetry.session import Session
from telemetry.steps import (
    Birth,
    Bye,
    Close,
    Connect,
    Event,
    Exit,
    Failed,
    Found,
    Instruction,
    Sample,
    Sampled,
    Say,
    Send,
    Stop,
    Tick,
)

CAPABILITIES = ["report"]  # what a server may ask of this agent
_log = logging.getLogger("twin.agent")


def run(args: argparse.Namespace) -> int:
    """Runs until SIGTERM or SIGINT (or one report, with --once). The exit code: 0 well, 1 not sent, 2 wrong options."""
    try:
        options = read_options(args)
        _log_to_stderr(options.log_level)
        agent = Agent(options)
    except AgentError as error:
        _log_to_stderr("info")
        _log.error("%s", error.message)
        return 2
    return agent.run()


class Agent:
    """One agent. Raises AgentError when it cannot start."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._identity = identify(options.interface_ip, options.mac)
        self._sampler = Sampler()
        self._latest = self._sampler.sample(self._who())  # for /getpiinfo; its CPU is not known yet, so it is not sent
        self._mailbox = Mailbox()
        self._link = Link(self._mailbox.post, options.read_token, options.ca)
        self._ears = self._listen() if not options.server else None
        self._probe = self._answer_probes() if options.http_port else None
        keep, said = open_keep(
            options.keep_dir, self._identity.mac, int(options.keep_mb * 1_000_000), self._identity.boot_id
        )
        if options.keep_dir:
            _log.log(logging.WARNING if isinstance(keep, MemoryKeep) else logging.INFO, "%s", said)
        self._session = Session(
            self._identity.mac,
            options.period_s,
            random.Random(),
            time.monotonic(),
            url=options.server,
            once=options.once,
            keep=keep,
            catch_up=options.catch_up_rate,
        )
        self._stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        signal.set_wakeup_fd(self._mailbox.wakeup_fd, warn_on_full_buffer=False)
        where = self._options.server or f"whoever broadcasts on UDP port {self._options.discovery_port}"
        _log.info("%s reports to %s every %g s.", self._identity.mac, where, self._options.period_s)
        try:
            return self._loop()
        finally:
            signal.set_wakeup_fd(-1)
            self._close()

    def _loop(self) -> int:
        todo: deque[Event] = deque()
        while True:
            todo.extend(self._mailbox.wait(self._session.deadline - time.monotonic()))
            if self._ears is not None and (url := discovery.hear(self._ears)) is not None:
                todo.append(Found(url))
            todo.append(Stop("shutdown") if self._stopping else Tick())
            while todo:
                for instruction in self._session.handle(todo.popleft(), time.monotonic()):
                    if isinstance(instruction, Exit):
                        return instruction.code
                    more = self._carry_out(instruction)
                    if more is not None:
                        todo.append(more)

    def _carry_out(self, instruction: Instruction) -> Event | None:
        match instruction:
            case Connect(url):
                return self._connect(url)
            case Birth():
                self._identity = identify(self._options.interface_ip, self._options.mac)
                self._link.send("birth", birth(self._identity, self._options))
            case Sample():
                return self._sample()
            case Send(body):
                self._link.send("report", body)
            case Bye(reason):
                self._link.bye(reason)
            case Close():
                self._link.close()
            case Say(level, text):
                _log.log(logging.getLevelNamesMapping()[level.upper()], "%s", text)
        return None

    def _connect(self, url: str) -> Event | None:
        try:
            self._link.open(url)
        except AgentError as error:  # the token's file, which may be there the next time
            return Failed(error.message)
        return None

    def _sample(self) -> Event | None:
        try:
            self._latest = self._sampler.sample(self._who())
        except Exception:  # noqa: BLE001  # a sensor that goes strange must not take the agent with it
            _log.exception("The sensors could not be read; this report is left out.")
            return None
        return Sampled(to_record(self._latest))

    def _who(self) -> Who:
        return Who(self._identity.mac, self._identity.ip, self._options.switch_ip, self._options.port)

    def _listen(self) -> socket.socket:
        port = self._options.discovery_port
        try:
            ears = discovery.open_socket(port)
        except OSError as error:
            message = f"Cannot listen on UDP port {port} ({error.strerror}). Give --server, or free the port."
            raise AgentError("bad_option", message) from None
        self._mailbox.watch(ears)
        return ears

    def _answer_probes(self) -> Probe | None:
        answers: Answers = {
            "/ping": lambda: {"status": "pong"},
            "/getpiinfo": lambda: to_field(self._latest),
            "/listapps": lambda: listapps(self._sampler.processes()),
        }
        port = self._options.http_port
        try:
            probe = Probe(answers, port)
        except OSError as error:  # another agent on this desktop has it; reports matter more
            _log.warning("No answers to old HTTP calls: port %d: %s. Give --http-port.", port, error.strerror)
            return None
        probe.start()
        return probe

    def _on_signal(self, number: int, frame: object) -> None:
        self._stopping = True

    def _close(self) -> None:
        if self._probe is not None:
            self._probe.stop()
        if self._ears is not None:
            self._ears.close()
        self._mailbox.close()
        self._session.keep.close()


def birth(identity: Identity, options: Options) -> dict[str, object]:
    """Who we are and what we can do, as the server is told once a connection."""
    body: dict[str, object] = {
        "mac": identity.mac,
        "ip": identity.ip,
        "boot_id": identity.boot_id,
        "version": _version(),
        "period_s": options.period_s,
        "capabilities": CAPABILITIES,
    }
    if options.switch_ip and options.port >= 0:
        body.update(switch_ip=options.switch_ip, port=options.port)
    return body


def _version() -> str:
    try:
        return importlib.metadata.version("picluster-twin")
    except importlib.metadata.PackageNotFoundError:
        return "0"  # run from a checkout that nobody installed


def _log_to_stderr(level: str) -> None:
    """One line an event. systemd's journal puts its own time before it; elsewhere we do."""
    form = "%(levelname)s %(message)s" if "JOURNAL_STREAM" in os.environ else "%(asctime)s %(levelname)s %(message)s"
    logging.basicConfig(stream=sys.stderr, level=level.upper(), format=form)
    logging.getLogger("socketio").setLevel(logging.CRITICAL)  # link.py says the same in words that help
    logging.getLogger("engineio").setLevel(logging.CRITICAL)
