"""The protocol's table, and that what is sent has the shape that it promises."""

from typing import Any, get_args, get_type_hints

import pytest

from models import layout as layouts
from tests.build import report_of
from twin.core.live import Live, Rules
from twin.core.outbox import Limits
from twin.wire import events
from twin.wire.encoder import Encoder
from twin.wire.events import EVENTS
from twin.wire.fan import slow_viewer
from twin.wire.hello import Greeter


def test_no_event_is_in_the_table_twice() -> None:
    keys = [(each.namespace, each.sender, each.name) for each in EVENTS]
    assert len(keys) == len(set(keys))


def test_requests_are_acknowledged_and_what_the_server_sends_is_not() -> None:
    unheeded = {"pose"}  # the next one is 50 ms away
    assert all(each.acked == (each.sender != "server" and each.name not in unheeded) for each in EVENTS)


def test_every_namespace_is_one_of_three_and_every_event_says_what_it_is_for() -> None:
    assert {each.namespace for each in EVENTS} == {"/", "/twin", "/agents"}
    assert all(each.about.endswith(".") for each in EVENTS)


def sent() -> dict[str, tuple[type, Any]]:
    live = Live(3, lambda switch_ip, port: -1, Rules())
    row = live.report(report_of(1), 1000)
    encoder = Encoder(live)
    encoder.begin(1200)
    hello = Greeter(live, layouts.load("desk"), 200, 5000, 24).hello("viewer", 1200)
    return {
        "hello": (events.Hello, hello),
        "field": (events.FieldSpec, hello["fields"][0]),
        "model": (events.ModelRef, hello["model"]),
        "roster": (events.Roster, encoder.roster_payload(0)),
        "node": (events.NodeDetail, encoder.node_payload(row)),
        "bye": (events.Bye, slow_viewer(1, Limits())),
    }


@pytest.mark.parametrize("name", sent())
def test_what_is_sent_has_exactly_the_promised_keys(name: str) -> None:
    shape, payload = sent()[name]
    assert set(payload) == set(get_type_hints(shape))


def test_the_codes_of_a_bye_are_known_to_the_page() -> None:
    assert slow_viewer(1, Limits())["code"] in get_args(events.ByeCode)
