"""Where the main loop waits."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from telemetry.mailbox import MAX_EVENTS, Mailbox
from telemetry.steps import Acked, Connected, Failed


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.close()


def test_an_event_from_another_thread_ends_the_wait(mailbox: Mailbox) -> None:
    threading.Thread(target=mailbox.post, args=(Acked(),)).start()
    assert mailbox.wait(30.0) == [Acked()]


def test_events_come_in_order_and_once(mailbox: Mailbox) -> None:
    mailbox.post(Connected())
    mailbox.post(Acked())
    assert mailbox.wait(30.0) == [Connected(), Acked()]
    assert mailbox.wait(0.0) == []
    assert mailbox.wait(-5.0) == []


def test_a_full_mailbox_loses_the_oldest_and_blocks_nobody(mailbox: Mailbox) -> None:
    for number in range(MAX_EVENTS * 50):
        mailbox.post(Failed(str(number)))
    found = mailbox.wait(30.0)
    assert len(found) == MAX_EVENTS
    assert found[-1] == Failed(str(MAX_EVENTS * 50 - 1))


def test_a_signal_and_a_watched_socket_end_the_wait(mailbox: Mailbox) -> None:
    os.write(mailbox.wakeup_fd, b"\x0f")
    assert mailbox.wait(30.0) == []
    one, other = socket.socketpair()
    with one, other:
        mailbox.watch(one)
        other.send(b"x")
        started = time.monotonic()
        assert mailbox.wait(30.0) == []
        assert time.monotonic() - started < 10.0


def test_after_the_end_a_late_event_goes_nowhere() -> None:
    box = Mailbox()
    box.close()
    box.post(Acked())
