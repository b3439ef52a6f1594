"""Memory that a compaction has freed goes back to the machine."""

from __future__ import annotations

import psutil

from telemetry.store.trim import trim


def test_freed_pieces_between_kept_ones_go_back() -> None:
    process = psutil.Process()
    pieces = [bytes(1000) for _ in range(150_000)]
    kept = pieces[::1000]  # one here and there keeps what is around it from being given back by itself
    del pieces
    before = process.memory_info().rss
    assert trim()
    assert before - process.memory_info().rss > 75_000_000
    assert len(kept) == 150
