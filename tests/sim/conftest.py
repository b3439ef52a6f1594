"""`--seeds N` runs N seeds instead of the default; `--seed S` replays one."""

from __future__ import annotations

import pytest

DEFAULT_SEEDS = 30


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, default=DEFAULT_SEEDS, help="how many seeds the simulation runs")
    parser.addoption("--seed", type=int, default=None, help="replay one seed of the simulation")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        one = metafunc.config.getoption("--seed", default=None)
        count = metafunc.config.getoption("--seeds", default=DEFAULT_SEEDS)
        metafunc.parametrize("seed", range(1, count + 1) if one is None else [one])
