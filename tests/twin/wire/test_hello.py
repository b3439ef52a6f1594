"""The first message says how to read all others."""

import hashlib

import pytest

from models import layout as layouts
from twin.core.columns import STATUSES
from twin.core.live import Live, Rules
from twin.wire import frame
from twin.wire.frame import Column
from twin.wire.hello import FIELDS, Greeter


@pytest.fixture
def greeter() -> Greeter:
    return Greeter(Live(7, lambda switch_ip, port: -1, Rules()), layouts.load("desk"), 200, 5000, 24)


def test_fields_are_the_columns_of_the_frame_bit_by_bit() -> None:
    assert [1 << field["bit"] for field in FIELDS] == [column.value for column in Column]
    assert [field["name"] for field in FIELDS] == [str(column.name).lower() for column in Column]


def test_steps_and_missing_values_are_those_of_the_codec() -> None:
    by_name = {field["name"]: field for field in FIELDS}
    for column in frame.METRIC_ARRAYS:
        field = by_name[str(column.name).lower()]
        assert (field["step"], field["missing"], field["bytes"]) == (frame.STEP, frame.MISSING, 1)
    assert by_name["age"]["step"] * 1000 == frame.AGE_STEP_MS
    assert (by_name["age"]["missing"], by_name["light"]["bytes"]) == (frame.AGE_MISSING, 3)


def test_it_tells_the_moment_the_role_and_where_the_model_is(greeter: Greeter) -> None:
    hello = greeter.hello("operator", 1234)
    assert (hello["protocol"], hello["epoch"], hello["seq"], hello["server_ms"]) == (1, 7, 1, 1234)
    assert (hello["role"], hello["tick_ms"], hello["period_ms"], hello["lights"]) == ("operator", 200, 5000, 24)
    assert tuple(hello["statuses"]) == STATUSES
    assert hello["model"] == {"name": "desk", "layout": "/model/layout.json", "hash": greeter.layout_hash}


def test_the_hash_is_that_of_the_bytes_that_are_served(greeter: Greeter) -> None:
    assert hashlib.sha256(greeter.layout).hexdigest() == greeter.layout_hash
