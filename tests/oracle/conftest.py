"""The listener for the tests beside it; `--chaos N` runs N seeds of the chaos instead of the default, `--killed N`
kills a landing process N times."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oracle.listener import Listener
from tests.oracle.model import Model

DEFAULT_CHAOS = 6
DEFAULT_KILLED = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", type=int, default=DEFAULT_CHAOS, help="how many seeds of faults the Oracle store meets")
    parser.addoption("--killed", type=int, default=DEFAULT_KILLED, help="how often a process that lands is killed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "chaos_seed" in metafunc.fixturenames:
        count = metafunc.config.getoption("--chaos", default=DEFAULT_CHAOS)
        metafunc.parametrize("chaos_seed", range(1, count + 1))


@pytest.fixture
def killed(request: pytest.FixtureRequest) -> int:
    """How often a process that lands is killed."""
    return int(request.config.getoption("--killed", default=DEFAULT_KILLED))


@pytest.fixture
def model() -> Model:
    made = Model()
    made.install()
    return made


@pytest.fixture
def oracle(model: Model) -> Iterator[Listener]:
    """A listener; what it did not understand fails the test."""
    with Listener(model) as listener:
        yield listener
    assert not listener.troubles, listener.troubles[0]
    assert not model.unknown, model.unknown
