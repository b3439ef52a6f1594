"""One table of settings: complete, documented, and every mistake named by its variable."""

from __future__ import annotations

import re
from dataclasses import MISSING, FrozenInstanceError, fields
from pathlib import Path

import pytest

from twin.core.errors import BadInput
from twin.core.live import Rules
from twin.core.outbox import Limits
from twin.settings import _RANGES, Settings, markdown, unknown, variable

DOCS = Path(__file__).parents[2] / "docs/settings.md"
SPECS = fields(Settings)


def test_the_table_in_docs_is_the_one_that_the_program_prints() -> None:
    rows = [line for line in DOCS.read_text().splitlines() if line.startswith("|")]
    assert rows == markdown().splitlines()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_setting_has_a_default_a_unit_and_a_line(spec: object) -> None:
    assert spec.default is not MISSING  # type: ignore[attr-defined]  # a dataclass Field
    assert spec.metadata["unit"]  # type: ignore[attr-defined]
    assert spec.metadata["about"].endswith(".")  # type: ignore[attr-defined]


def test_defaults_are_the_defaults_of_the_rules_and_limits_they_become() -> None:
    settings = Settings.read({})
    assert (settings.rules(), settings.viewer_limits()) == (Rules(), Limits())
    assert settings == Settings()


def test_every_number_has_a_range_and_its_default_is_within() -> None:
    numbers = {spec.name for spec in SPECS if type(spec.default) in (int, float)}
    assert numbers == set(_RANGES)


def test_the_environment_is_read_by_type() -> None:
    settings = Settings.read(
        {"TWIN_PORT": "0", "TWIN_PERIOD_S": "2.5", "TWIN_BEACON": "No", "TWIN_DATA_DIR": "/data", "TWIN_HOST": "::"}
    )
    assert (settings.port, settings.period_s, settings.beacon, settings.host) == (0, 2.5, False, "::")
    assert settings.data_dir == Path("/data")


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert Settings.read({"TWIN_PORT": "", "TWIN_HOST": ""}) == Settings()


def test_the_command_line_wins_over_the_environment_and_none_says_nothing() -> None:
    settings = Settings.read({"TWIN_PORT": "1", "TWIN_HOST": "a"}, port=2, host=None)
    assert (settings.port, settings.host) == (2, "a")


@pytest.mark.parametrize(
    ("name", "raw", "about"),
    [
        ("TWIN_PORT", "eighty", "a whole number"),
        ("TWIN_PORT", "80.5", "a whole number"),
        ("TWIN_PORT", "65536", "0 to 65535"),
        ("TWIN_PERIOD_S", "5s", "a number"),
        ("TWIN_PERIOD_S", "nan", "0.1 to 3600"),
        ("TWIN_PERIOD_S", "inf", "0.1 to 3600"),
        ("TWIN_BEACON", "maybe", "true or false"),
        ("TWIN_TICK_MS", "1", "20 to 10000"),
        ("TWIN_LEGACY_OPEN", "yes", "off, loopback, open"),
        ("TWIN_LOG_LEVEL", "loud", "debug, info, warning, error"),
        ("TWIN_LOG_FORMAT", "xml", "text, json"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_what_it_must_be(name: str, raw: str, about: str) -> None:
    with pytest.raises(BadInput) as caught:
        Settings.read({name: raw})
    assert caught.value.field == name
    assert name in caught.value.message
    assert about in caught.value.message


def test_a_node_cannot_be_lost_before_it_is_late() -> None:
    with pytest.raises(BadInput, match="TWIN_LOST_AFTER"):
        Settings.read({"TWIN_LATE_AFTER": "7"})


def test_an_override_out_of_range_is_refused_too() -> None:
    with pytest.raises(BadInput, match="TWIN_PORT"):
        Settings.read({}, port=70_000)


def test_a_typing_mistake_is_told_and_what_belongs_to_others_is_not() -> None:
    environ = {"TWIN_PROT": "1", "TWIN_PORT": "1", "TWIN_SKIP_PAGE": "1", "TWIN_SERVER": "x", "PATH": "x", "TWINE": "y"}
    assert unknown(environ) == ["TWIN_PROT"]


def test_nothing_changes_settings_afterwards() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_names_of_variables_follow_from_names_of_fields() -> None:
    assert variable("viewer_soft_kb") == "TWIN_VIEWER_SOFT_KB"
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", spec.name) for spec in SPECS)
