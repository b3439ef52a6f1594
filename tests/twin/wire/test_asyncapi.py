"""The description of socket.io: whole, without loose ends, and the one in docs/."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from models import layout as layouts
from tests.build import report_of
from twin.core.live import Live, Rules
from twin.wire.asyncapi import asyncapi, schema_of
from twin.wire.encoder import Encoder
from twin.wire.events import EVENTS, Ack, Bye, Interest
from twin.wire.hello import Greeter

FILE = Path(__file__).parents[3] / "docs/asyncapi.json"


def test_the_document_in_docs_is_up_to_date() -> None:
    assert json.loads(FILE.read_text()) == asyncapi(), "run `make gen`"


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [each for inner in value.values() for each in references(inner)]
    return [each for inner in value for each in references(inner)] if isinstance(value, list) else []


def test_no_reference_leads_nowhere() -> None:
    document = asyncapi()
    found = references(document)
    assert found
    for reference in found:
        at: Any = document
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]


def test_every_event_is_a_message_and_an_operation_of_its_channel() -> None:
    document = asyncapi()
    assert len(document["operations"]) == len(EVENTS)
    told = {
        (document["channels"][each["channel"]["$ref"].split("/")[-1]]["address"], each["action"])
        for each in document["operations"].values()
    }
    assert told == {(each.namespace, "send" if each.sender == "server" else "receive") for each in EVENTS}


def everything(name: str) -> dict[str, Any]:
    """The schema of a shape, with the others beside it."""
    return {"$ref": f"#/components/schemas/{name}", "components": asyncapi()["components"]}


def test_what_the_server_sends_is_valid_by_its_own_description() -> None:
    live = Live(3, lambda switch_ip, port: -1, Rules())
    row = live.report(report_of(1), 1000)
    silent = live.birth("b8:27:eb:00:00:02", "", "", -1, 5000)
    encoder = Encoder(live)
    encoder.begin(1200)
    hello = Greeter(live, layouts.load("desk"), 200, 5000, 24).hello("viewer", 1200)
    for name, payload in (
        ("Hello", hello),
        ("Roster", encoder.roster_payload(0)),
        ("NodeDetail", encoder.node_payload(row)),
        ("NodeDetail", encoder.node_payload(silent)),
    ):
        jsonschema.validate(json.loads(json.dumps(payload)), everything(name))


@pytest.mark.parametrize(
    ("shape", "required"),
    [(Ack, {"ok"}), (Interest, set()), (Bye, {"code", "reason", "reconnect", "after_ms"})],
)
def test_only_what_is_always_there_is_required(shape: type, required: set[str]) -> None:
    assert set(schema_of(shape)["required"]) == required


def test_a_code_that_nobody_knows_is_not_valid() -> None:
    bye = {"code": "boredom", "reason": "", "reconnect": True, "after_ms": 0}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bye, everything("Bye"))
