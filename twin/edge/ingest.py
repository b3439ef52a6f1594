"""Takes a report from any door: bytes or an object in, on the disk and in the live state when it returns.

Owns decoding at the edge and the mapping of report and store errors to the twin's own. Called by edge/agents.py,
edge/broadcaster_api.py and edge/ords_api.py.
"""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import replace

import msgspec

from telemetry import report as reports
from telemetry.report import Report, ReportError
from telemetry.store.base import Entry, StoreError
from telemetry.store.journal import Journal
from twin.core.errors import BadInput, TooLarge, TwinError, Unavailable
from twin.core.live import Live
from twin.edge.clock import Clock
from twin.edge.lag import Lag

COMMIT_TIMEOUT_S = 15.0  # a disk that takes longer is as good as away
HELD = "heldMs"  # how long an agent kept this report before it could send it, by its own monotonic clock
MAX_HELD_MS = 30 * 24 * 3_600_000  # what was held for longer counts as held for so long
LATE_AT_ONCE = 2048  # held reports on their way to the disk: one of each Pi; more come later, fresh ones need not
LATE_RETRY_S = 5
BUSY = "busy"  # the code that those hear
LATE_MS = 60_000  # held for less, a report is as good as fresh

log = logging.getLogger(__name__)

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Ingest:
    """The only way a report gets in."""

    def __init__(self, live: Live, journal: Journal[Report], clock: Clock, max_body: int) -> None:
        self.lag = Lag()
        self._live = live
        self._journal = journal
        self._clock = clock
        self.max_body = max_body
        self.accepted = 0
        self.refused = 0
        self.late = 0  # of the accepted, those that were held
        self.put_off = 0  # held reports that were asked to come later
        self._late_waiting = 0

    async def land_bytes(self, body: bytes) -> Report:
        """Land one report from an HTTP body. Raises BadInput naming the field, TooLarge or Unavailable."""
        return await self.land(self.decode(body))

    def decode(self, body: bytes) -> object:
        """The JSON value of a body. Raises BadInput, TooLarge."""
        if len(body) > self.max_body:
            self.refused += 1
            raise TooLarge(
                f"the body has {len(body)} bytes; a report has at most {self.max_body}", code="body_too_large"
            )
        try:
            return _decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            pass
        # The fast decoder refused; the careful one says which field is to blame.
        try:
            return reports.decode(body)
        except ReportError as error:
            self.refused += 1
            raise bad_report(error) from error

    async def land(self, value: object) -> Report:
        """Land one decoded report: when this returns it is on the disk and viewers will see it."""
        report = self.parse(value)
        await self.keep(report, value)
        return report

    def parse(self, value: object) -> Report:
        """The report in a JSON value. Raises BadInput naming the field."""
        try:
            return reports.parse(value)
        except ReportError as error:
            self.refused += 1
            raise bad_report(error) from error

    async def keep(self, report: Report, value: object) -> None:
        """Put a parsed report (and what was sent) on the disk and into the live state."""
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_S):
                await self._enter(report, value)
        except Unavailable as error:
            self.put_off += error.code == BUSY
            raise
        except StoreError as error:
            raise Unavailable(error.message, code=error.code, retry_after_s=5) from error
        except TimeoutError:
            raise Unavailable(
                "the disk did not answer in time; keep the report and try again", retry_after_s=15
            ) from None

    def offer(self, body: bytes) -> asyncio.Future[None] | None:
        """A report's way in without a task of its own: a future that is done when it is on the disk.

        None when the body is anything but a good report that can be taken now; `land_bytes` then says why.
        """
        try:
            value = _decode(body)
            return self._enter(reports.parse(value), value)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ReportError, TwinError, StoreError):
            return None

    def _enter(self, report: Report, value: object) -> asyncio.Future[None]:
        """Queue for the next commit. Raises Unavailable, JournalFull."""
        key = report.mac or f"{report.switch_ip}-{report.port}"
        live = self._live
        if live.roster.full and live.roster.find(report.mac, report.switch_ip, report.port) is None:
            raise Unavailable(
                f"the twin already holds {len(live.roster)} nodes", code="too_many_nodes", retry_after_s=60
            )
        now_ms = self._clock.now_ms()
        held_ms, report = _held(report)
        late = held_ms > LATE_MS
        if late:
            self._let_in_late()
        if isinstance(value, dict) and HELD in value:  # seen_ms says it from here on
            value = {name: each for name, each in value.items() if name != HELD}
        done = self._journal.put(Entry(key, now_ms, now_ms - held_ms, _encode(value)), report)
        done.add_done_callback(self._count_late if late else self._count)
        self._late_waiting += late
        return done

    def _let_in_late(self) -> None:
        """Raises Unavailable when a held report would be in the way of fresh ones."""
        now_s = asyncio.get_running_loop().time()
        if self._late_waiting >= LATE_AT_ONCE:
            why = f"{self._late_waiting} held reports wait for the disk"
        elif not self.lag.admits(now_s):
            why = f"the server is {self.lag.seconds(now_s):.1f} s behind"
        else:
            return
        raise Unavailable(f"{why}; keep yours and send it later", code=BUSY, retry_after_s=LATE_RETRY_S)

    def _count(self, done: asyncio.Future[None]) -> None:
        self.accepted += not done.cancelled() and done.exception() is None

    def _count_late(self, done: asyncio.Future[None]) -> None:
        self._late_waiting -= 1
        self.late += not done.cancelled() and done.exception() is None
        self._count(done)

    def name_wrong_clocks(self) -> None:
        """One line in the log for each node whose clock turned out to be wrong."""
        for row in self._live.clocks.news():
            node, skew_ms = self._live.roster.nodes[row], self._live.skew_ms(row)
            log.warning(
                "the clock of %s is wrong; nothing here goes by it, but look at its time service",
                node.id,
                extra={"node": node.id, "skew_ms": skew_ms},
            )


def _held(report: Report) -> tuple[int, Report]:
    """How long the sender held the report, and the report without that note."""
    if HELD not in report.extra:
        return 0, report
    held = report.extra[HELD]
    extra = {key: value for key, value in report.extra.items() if key != HELD}
    plain = isinstance(held, int | float) and not isinstance(held, bool) and 0 <= held < math.inf
    return (min(int(held), MAX_HELD_MS) if plain and isinstance(held, int | float) else 0), replace(report, extra=extra)


def bad_report(error: ReportError) -> TwinError:
    """A report's error as the twin's."""
    return BadInput(error.message, field=error.field, code=error.code)
