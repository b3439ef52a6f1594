"""What the spool knows when a life of the twin begins: the next epoch, and every node's last word. Called by
twin.service before anybody is served.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from telemetry import report as reports
from telemetry.report import Report
from telemetry.store.base import Entry
from telemetry.store.sqlite import SQLiteSpool
from twin.core.errors import TwinError
from twin.core.live import Live
from twin.core.recorder import Recorder

log = logging.getLogger(__name__)

EPOCH_FROM_S = 1_577_836_800  # 2020: keeps epochs of a wiped data directory above the ones viewers may remember
MOST_UNSEEN = 1000  # batches of the last life that may not have been recorded: more than come in a second


def next_epoch(spool: SQLiteSpool, now_ms: int) -> int:
    """A number that no earlier life had; kept."""
    kept = spool.load("epoch")
    epoch = max(int(kept) + 1 if kept else 0, now_ms // 1000 - EPOCH_FROM_S)
    spool.save("epoch", str(epoch).encode())
    return epoch


def forget(spool: SQLiteSpool, epoch: int) -> None:
    """No last word of anybody, and a new epoch."""
    spool.forget()
    spool.save("epoch", str(epoch).encode())


def restore(spool: SQLiteSpool, live: Live, recorder: Recorder, note: Callable[[Entry, Report, int], None]) -> None:
    """Values with their true age, status unknown until a node speaks again. note: called for each, with its row."""
    restored = 0
    for entry in spool.latest():
        try:
            report = reports.parse(json.loads(entry.body))
            note(entry, report, live.restore(report, entry.seen_ms))
            restored += 1
        except (TwinError, reports.ReportError, ValueError) as error:
            log.warning("a kept report cannot be read: %s", error, extra={"node": entry.key})
    # What came right before a crash is shown now at the latest; what is known to have been shown stays so.
    for seq in range(max(1, spool.former_seq - MOST_UNSEEN), spool.former_seq + 1):
        recorder.committed(seq)
    log.info("state restored", extra={"nodes": restored, "epoch": live.epoch})
