"""socket.io packets as bytes: golden websocket frames, and read back by python-socketio's own packet class."""

from typing import Any

import pytest
from engineio import packet as eio
from hypothesis import given
from hypothesis import strategies as st
from socketio import packet as sio

from twin.wire.packets import bare_event, binary_event, event, raw_event, ws_frame


@pytest.mark.parametrize(
    ("length", "head"),
    [
        (0, "8200"),
        (1, "8201"),
        (125, "827d"),
        (126, "827e007e"),
        (127, "827e007f"),
        (65535, "827effff"),
        (65536, "827f0000000000010000"),
    ],
)
def test_the_head_of_a_websocket_frame_at_the_edges_of_its_lengths(length: int, head: str) -> None:
    payload = b"x" * length
    assert ws_frame(0x82, payload) == bytes.fromhex(head) + payload


def test_an_event_is_these_bytes() -> None:
    message = event("/twin", "bye", {"a": 1})
    assert message.text == '2/twin,["bye",{"a":1}]'
    assert message.framed == b"\x81\x17" + b'42/twin,["bye",{"a":1}]'


def test_the_default_namespace_is_not_named() -> None:
    assert event("/", "cluster.event", {}).text == '2["cluster.event",{}]'
    assert bare_event("/", "cluster.delete").framed == b"\x81\x14" + b'42["cluster.delete"]'


def test_a_binary_event_is_a_placeholder_and_its_attachment() -> None:
    message = binary_event("/twin", "frame", b"\x00\xff")
    text = b'451-/twin,["frame",{"_placeholder":true,"num":0}]'
    assert message.framed == bytes([0x81, len(text)]) + text + b"\x82\x02\x00\xff"


def read(text: str, attachment: bytes | None = None) -> Any:
    """The packet as python-socketio has it, by way of engine.io's."""
    outer = eio.Packet(encoded_packet="4" + text)
    assert outer.packet_type == eio.MESSAGE
    inner = sio.Packet(encoded_packet=text)
    if attachment is not None:
        assert inner.attachment_count == 1
        assert inner.add_attachment(attachment)
    return inner


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
payloads = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)


@given(payloads, st.sampled_from(["/", "/twin"]))
def test_python_socketio_reads_an_event_as_it_was_meant(payload: object, namespace: str) -> None:
    inner = read(event(namespace, "node", payload).text)
    assert (inner.packet_type, inner.namespace or "/", inner.data) == (sio.EVENT, namespace, ["node", payload])


@given(st.binary(max_size=300))
def test_python_socketio_reads_a_binary_event_as_it_was_meant(attachment: bytes) -> None:
    message = binary_event("/twin", "frame", attachment)
    inner = read(message.text, message.attachment)
    assert (inner.packet_type, inner.namespace, inner.data) == (sio.BINARY_EVENT, "/twin", ["frame", attachment])


def test_an_event_without_arguments_is_one_for_python_socketio_too() -> None:
    assert read(bare_event("/", "cluster.delete").text).data == ["cluster.delete"]
    assert read(bare_event("/twin", "x").text).data == ["x"]


def test_a_payload_that_is_json_already_is_not_written_twice() -> None:
    assert read(raw_event("/", "cluster.all", '{"1-2":{"ü":1}}'.encode()).text).data == [
        "cluster.all",
        {"1-2": {"ü": 1}},
    ]


def test_unknown_numbers_never_become_bad_json() -> None:
    assert event("/twin", "node", {"cpu": float("nan"), "max": float("inf")}).text.endswith('{"cpu":null,"max":null}]')


def test_a_long_text_is_framed_by_its_bytes_not_its_letters() -> None:
    message = event("/", "x", "ü" * 100)
    assert message.framed[1] == 126
    assert int.from_bytes(message.framed[2:4], "big") == len(message.framed) - 4
