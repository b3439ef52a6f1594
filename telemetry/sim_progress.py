"""Tells the person who started a simulation how it goes: one line that is written over on their terminal, a log line
every ten seconds elsewhere, and only warnings on a terminal that belongs to somebody else (a job in the background, or
the demo that started us). Owns no counts. Run by simulate.py.
"""

from __future__ import annotations

import asyncio
import logging
import os
from enum import Enum
from typing import TextIO

from telemetry.sim_hub import Counts

LINE_S = 0.5
LOG_S = 10.0
_WIDTH = 110

log = logging.getLogger("telemetry.simulate")


class Audience(Enum):
    """Who reads `out`."""

    TERMINAL = "a person before it"
    LOG = "a file or a collector"
    NOBODY = "a terminal that others write to"


def audience(out: TextIO) -> Audience:
    """Only the process in front of a terminal may write over its lines."""
    if not out.isatty():
        return Audience.LOG
    try:
        in_front = os.tcgetpgrp(out.fileno()) == os.getpgrp()
    except OSError:  # not our own terminal at all
        in_front = False
    return Audience.TERMINAL if in_front else Audience.NOBODY


def configure_logging(reader: Audience) -> None:
    """Plain lines on stderr, unless the program that called us has its own logging."""
    if not logging.root.handlers:
        form = "%(asctime)s %(message)s" if reader is Audience.LOG else "%(message)s"
        logging.basicConfig(level=logging.WARNING if reader is Audience.NOBODY else logging.INFO, format=form)


def sentence(counts: Counts, lines: int, acked_a_second: float) -> str:
    """ "connected 734/1050, 146 acked/s" and what is out of the ordinary."""
    parts = [f"connected {counts.connected}/{lines}", f"{acked_a_second:.0f} acked/s"]
    for name, count in (
        ("refused", counts.refused),
        ("timeouts", counts.timeouts),
        ("resent", counts.resent),
    ):
        if count:
            parts.append(f"{name} {count}")
    text = ", ".join(parts)
    return f"{text} | {counts.last_error}" if counts.last_error else text


def summary(counts: Counts, seconds: float) -> str:
    """The last line."""
    rate = counts.acked / seconds if seconds else 0.0
    parts = f"{counts.acked} reports acknowledged in {seconds:.0f} s ({rate:.0f}/s), {counts.byes} byes"
    return f"{parts}, {counts.refused} refused, {counts.timeouts} timeouts, {counts.lost} connections lost"


async def show_progress(counts: Counts, lines: int, out: TextIO, reader: Audience) -> None:
    """Until cancelled. `out` is where a terminal would be (stderr)."""
    on_terminal = reader is Audience.TERMINAL
    every_s = LINE_S if on_terminal else LOG_S
    clock = asyncio.get_running_loop().time
    before, since = counts.acked, clock()
    rate = 0.0
    try:
        while True:
            await asyncio.sleep(every_s)
            now = clock()
            fresh = (counts.acked - before) / (now - since)
            rate = fresh if not on_terminal or not rate else rate + 0.3 * (fresh - rate)
            before, since = counts.acked, now
            if on_terminal:
                out.write("\r" + sentence(counts, lines, rate)[:_WIDTH].ljust(_WIDTH))
                out.flush()
            else:
                log.info("%s", sentence(counts, lines, rate))
    finally:
        if on_terminal:
            out.write("\n")
            out.flush()
