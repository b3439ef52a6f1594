"""`--kills N`: how often the tests of crashes kill their process."""

from __future__ import annotations

import pytest

DEFAULT_KILLS = 20


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=DEFAULT_KILLS, help="how often a writing process is killed")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """The option exists only when this folder was named; the default holds else."""
    return int(request.config.getoption("--kills", default=DEFAULT_KILLS))
