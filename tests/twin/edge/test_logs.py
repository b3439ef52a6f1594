"""Log lines: one an event, for people or as JSON, with what was passed beside the message."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from twin.edge.logs import JsonFormatter, TextFormatter, configure


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    return logging.getLogger("twin.test").makeRecord(
        "twin.test", logging.WARNING, __file__, 1, message, args, None, extra=extra
    )


def test_json_is_one_object_a_line_with_extras() -> None:
    line = JsonFormatter().format(record("viewer %s closed\nfor good", 5, viewer="10.0.0.1 abc", code="slow_viewer"))
    assert "\n" not in line
    told = json.loads(line)
    assert told.pop("ts").endswith("+00:00")
    assert told == {
        "level": "warning",
        "logger": "twin.test",
        "message": "viewer 5 closed\nfor good",
        "viewer": "10.0.0.1 abc",
        "code": "slow_viewer",
    }


def test_json_takes_values_that_json_does_not_know() -> None:
    assert json.loads(JsonFormatter().format(record("x", path=object)))["path"] == str(object)


def test_json_carries_a_traceback_in_its_line() -> None:
    failed = record("it failed")
    try:
        raise ValueError("the reason")
    except ValueError:
        failed.exc_info = sys.exc_info()
    line = JsonFormatter().format(failed)
    assert "\n" not in line
    assert "the reason" in json.loads(line)["error"]


def test_text_ends_with_key_and_value() -> None:
    line = TextFormatter().format(record("viewer closed", code="slow_viewer"))
    assert line.endswith("WARNING twin.test: viewer closed code=slow_viewer")
    assert TextFormatter().format(record("plain")).endswith("twin.test: plain")


@pytest.mark.parametrize(("form", "formatter"), [("json", JsonFormatter), ("text", TextFormatter)])
def test_configure_chooses_form_and_level_and_quietens_the_libraries(form: str, formatter: type) -> None:
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    try:
        configure(form, "debug")
        assert [type(handler.formatter) for handler in root.handlers] == [formatter]
        assert (root.level, logging.getLogger("engineio").level) == (logging.DEBUG, logging.WARNING)
    finally:
        root.handlers[:] = kept
        root.setLevel(level)
