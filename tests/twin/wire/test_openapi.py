"""The description of HTTP: valid by OpenAPI's own validator, and the one in docs/."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.build import field_report
from twin.core.errors import BadInput, wire_form
from twin.wire.openapi import openapi

FILE = Path(__file__).parents[3] / "docs/openapi.json"


def test_the_document_in_docs_is_up_to_date() -> None:
    assert json.loads(FILE.read_text()) == openapi(), "run `make gen`"


def test_openapis_own_validator_finds_nothing_wrong() -> None:
    assert list(OpenAPIV31SpecValidator(openapi()).iter_errors()) == []


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, verb, each) for path, item in openapi()["paths"].items() for verb, each in item.items()]


def test_no_operation_is_named_twice() -> None:
    names = [each["operationId"] for _, _, each in operations()]
    assert len(names) == len(set(names))


def test_reading_is_open_and_writing_wants_a_token() -> None:
    for path, verb, each in operations():
        assert (each["security"] == []) == (verb == "get"), path
        assert verb == "get" or {"400", "401", "413", "503"} <= each["responses"].keys(), path


def everything(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": openapi()["components"]}


@pytest.mark.parametrize(
    "change", [{}, {"CPU": 9.7}, {"port": -1, "switch_ip": -1}, {"more": [1]}, {"CPUTemperature": ""}]
)
def test_reports_of_the_field_are_valid_by_the_description(change: dict[str, object]) -> None:
    jsonschema.validate(field_report(1, **change), everything("FieldReport"))


def test_an_error_as_it_is_sent_is_valid_by_the_description() -> None:
    jsonschema.validate({"status": "false", "error": wire_form(BadInput("no", field="CPU"))}, everything("Error"))
