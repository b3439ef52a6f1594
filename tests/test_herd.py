"""A small herd; `make soak` runs the one of 1050."""

from __future__ import annotations

from pathlib import Path

from tests.herd import run


def test_all_come_back_at_once_with_what_they_kept_and_nothing_is_lost_or_twice(tmp_path: Path) -> None:
    nodes, owed = 40, 30
    seen = run(nodes, owed, 20.0, tmp_path)
    assert sum(len(each) for each in seen.acked.values()) >= nodes * (owed + 1), "and each was seen to be back"
    assert seen.old_shown == 0
    shown = seen.shown_s()
    assert len(shown) >= nodes
    assert shown[int(len(shown) * 0.99)] < 3.0, "a second where nothing else runs; tests share their machine"
