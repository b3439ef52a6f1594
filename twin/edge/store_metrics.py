"""Metrics of the way from the spool to the history's store (docs/operations.md lists them). Called by edge/ops_api.py.

Where the spool is the history nothing lags: the lines are there all the same, at 0, so that an alert on them is never
without data.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any, Final, get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from telemetry.store.journal import Journal
from telemetry.store.ship import Progress, State
from twin.edge.landing import Landing

STATES: Final = get_args(State)


def of_journal(journal: Journal[Any]) -> Iterator[Metric]:
    """The way to the local disk."""
    yield CounterMetricFamily("twin_reports_failed", "Reports the store could not take", journal.failed)
    full = "Reports turned away because the spool was full"
    yield CounterMetricFamily("twin_reports_spool_full", full, journal.refused)
    yield GaugeMetricFamily("twin_journal_waiting", "Reports that wait for the disk", journal.waiting)
    yield CounterMetricFamily("twin_commits", "Commits of the store", journal.commits)
    yield CounterMetricFamily("twin_commit_seconds", "Time spent in commits", journal.commit_s)


def of_landing(landing: Landing) -> Iterator[Metric]:
    """The way from there to the database."""
    told, waits, file = landing.state(), landing.spool.backlog, landing.spool.file
    state = GaugeMetricFamily("twin_store_state", "1 for the state the store is in", labels=["engine", "state"])
    for name in STATES:
        state.add_metric([told["engine"], name], told["state"] == name)
    yield state
    yield GaugeMetricFamily("twin_store_lag_seconds", "Age of the oldest report that waits", told["lag_ms"] / 1000)
    yield GaugeMetricFamily("twin_store_lag_rows", "Reports on disk that are not in the store", waits.rows)
    yield GaugeMetricFamily("twin_store_lag_batches", "Commits on disk that are not in the store", waits.batches)
    yield GaugeMetricFamily("twin_spool_waiting_bytes", "What waits for the store on the disk", waits.size_bytes)
    yield GaugeMetricFamily("twin_spool_limit_bytes", "The most that may wait", landing.most_bytes)
    yield GaugeMetricFamily("twin_spool_file_bytes", "The spool's file, with what was shipped", file.size_bytes)
    with contextlib.suppress(OSError):  # the directory is gone: this line is missing, the others are not
        yield GaugeMetricFamily("twin_disk_free_bytes", "Room beside it", shutil.disk_usage(file.path.parent).free)
    progress = landing.shipper.progress if landing.shipper else Progress()
    yield CounterMetricFamily("twin_store_landed_rows", "Reports landed in the store", progress.landed_rows)
    yield CounterMetricFamily("twin_store_transactions", "Transactions of the shipper", progress.transactions)
    yield CounterMetricFamily("twin_store_landing_seconds", "Time spent in them", progress.landing_s)
    yield CounterMetricFamily("twin_store_failures", "Tries to land that failed", progress.failures)
    yield CounterMetricFamily("twin_store_dead_letters", "Batches set aside since the start", progress.buried)
