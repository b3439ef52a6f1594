"""The agent's decisions, without clock and socket."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.backoff import CAP_S
from telemetry.keep import Kept, MemoryKeep
from telemetry.session import ANSWER_S, CATCH_UP, CONNECT_S, FOUND_SPREAD_S, ONCE_S, Session, State, phase
from telemetry.steps import (
    Acked,
    Birth,
    Bye,
    Close,
    Connect,
    Connected,
    Died,
    Event,
    Exit,
    Failed,
    Found,
    Instruction,
    Nacked,
    Refused,
    Sample,
    Sampled,
    Say,
    Send,
    Stop,
    Tick,
)

URL = "http://172.20.0.10:8080"
MAC = "b8:27:eb:70:e3:c4"
AGAIN = Nacked("store_full", "the disk is full", retry=True)
NEVER = Nacked("out_of_range", "CPU is 200", retry=False)


def new(url: str = URL, *, once: bool = False, period_s: float = 5.0) -> Session:
    return Session(MAC, period_s, random.Random(7), 0.0, url=url, once=once)


def reporting(now: float = 0.0) -> Session:
    session = new()
    for event in (Tick(), Connected(), Acked()):
        session.handle(event, now)
    assert session.state is State.REPORTING
    return session


def body(number: int) -> Mapping[str, object]:
    return {"CPU": number}


def said(out: list[Instruction]) -> str:
    return " ".join(each.text for each in out if isinstance(each, Say))


def without_words(out: list[Instruction]) -> list[Instruction]:
    return [each for each in out if not isinstance(each, Say)]


def sent(out: list[Instruction]) -> list[object]:
    return [each.body["CPU"] for each in out if isinstance(each, Send)]


def test_with_a_server_it_connects_at_once_and_says_who_it_is() -> None:
    session = new()
    assert session.handle(Tick(), 0.0)[-1] == Connect(URL)
    assert session.handle(Connected(), 0.1) == [Birth()]
    assert session.state is State.BORN
    assert "Connected" in said(session.handle(Acked(), 0.2))
    assert session.state is State.REPORTING


def test_without_a_server_it_only_listens_and_samples() -> None:
    session = new("")
    outs = [each for now in range(60) for each in session.handle(Tick(), float(now))]
    assert set(map(type, outs)) == {Sample}
    assert session.state is State.DISCOVERING


def test_a_broadcast_is_followed_but_not_by_all_in_the_same_moment() -> None:
    starts = []
    for seed in range(200):
        session = Session(MAC, 5.0, random.Random(seed), 0.0)
        session.handle(Found(URL), 0.0)
        assert session.state is State.WAITING
        starts.append(session.deadline)
    assert max(starts) <= FOUND_SPREAD_S
    assert len({round(start, 1) for start in starts}) > 10


def test_another_address_is_no_reason_to_leave_a_server_that_works() -> None:
    session = reporting()
    assert session.handle(Found("http://10.0.0.9:80"), 1.0) == []
    assert session.url == URL


def test_when_the_server_dies_the_newest_address_is_tried() -> None:
    session = reporting()
    session.handle(Found("http://10.0.0.9:80"), 1.0)
    session.handle(Died("gone"), 2.0)
    assert session.url == "http://10.0.0.9:80"
    assert Connect("http://10.0.0.9:80") in session.handle(Tick(), 2.0 + 1.01)


def test_a_broadcast_shortens_one_wait_of_an_outage() -> None:
    session = new("")
    session.handle(Found(URL), 0.0)
    now = 100.0
    for _ in range(12):  # waits of up to a minute by now
        session.handle(Tick(), now)
        session.handle(Failed("nobody listens"), now)
        now += CAP_S + 1
    session.handle(Tick(), now)
    session.handle(Failed("nobody listens"), now)
    assert "trying" in said(session.handle(Found(URL), now))
    assert Connect(URL) in session.handle(Tick(), now + FOUND_SPREAD_S)
    session.handle(Failed("nobody listens"), now + 3)
    assert session.handle(Found(URL), now + 4) == []


def test_a_refused_token_is_explained_and_tried_again_later() -> None:
    session = new()
    session.handle(Tick(), 0.0)
    out = session.handle(Refused("the token is wrong"), 1.0)
    assert "--token-file" in said(out)
    assert "the token is wrong" in said(out)
    assert [each.level for each in out if isinstance(each, Say)] == ["error"]
    assert session.state is State.WAITING
    assert Connect(URL) in session.handle(Tick(), 1.0 + CAP_S)


def test_the_same_complaint_is_said_once() -> None:
    session = new()
    levels = []
    for now in (0.0, 100.0, 200.0):
        session.handle(Tick(), now)
        levels += [each.level for each in session.handle(Failed("nobody listens"), now) if isinstance(each, Say)]
    assert levels == ["warning", "debug", "debug"]


def test_reports_go_one_at_a_time_the_newest_first_and_then_what_was_kept() -> None:
    session = reporting()
    assert session.handle(Sampled(body(1)), 3.0) == [Send(body(1))]
    for number in (2, 3, 4):
        assert session.handle(Sampled(body(number)), 2.0 + number) == []
    assert session.handle(Acked(), 7.0) == [Send({**body(4), "heldMs": 1000})]
    assert session.handle(Acked(), 8.0) == [Send({**body(2), "heldMs": 4000})]
    assert session.handle(Acked(), 9.0) == [Send({**body(3), "heldMs": 4000})]
    assert session.handle(Acked(), 10.0) == []
    assert len(session.keep) == 0


def outage(reports: int, keep: MemoryKeep | None = None) -> tuple[Session, float]:
    """A session that made `reports` without a server, one in 5 s, and has just got one. And the time."""
    session = Session(MAC, 5.0, random.Random(7), 0.0, url=URL, keep=keep)
    session.handle(Tick(), 0.0)
    for number in range(reports):
        session.handle(Sampled(body(number)), 5.0 * number)
    now = 5.0 * reports
    session.handle(Failed("nobody listens"), now)
    session.handle(Tick(), now + CAP_S)
    session.handle(Connected(), now + CAP_S)
    return session, now + CAP_S


def test_what_was_kept_follows_at_a_bounded_rate_and_fresh_reports_go_between() -> None:
    session, now = outage(100)
    sent: list[tuple[float, int, object]] = []
    out = session.handle(Acked(), now)
    assert "99 reports were kept" in said(out)
    end, sample_at = now + 150.0, now
    while True:
        sends = [each.body for each in out if isinstance(each, Send)]
        sent += [(now, int(str(each["CPU"])), each.get("heldMs")) for each in sends]
        if session._flight is not None:
            out = session.handle(Acked(), now)
            continue
        now = min(session.deadline, sample_at)
        if now > end:
            break
        if now == sample_at:
            out = session.handle(Sampled(body(1000 + len(sent))), now)
            sample_at += 5.0
        else:
            out = session.handle(Tick(), now)
    assert sent[0][1] == 99, "the newest goes first, so that the Pi is seen again"
    late = [each for each in sent[1:] if each[2] is not None]
    assert [number for _, number, _ in late] == list(range(99)), "all of them, oldest first, once"
    assert len(late) / (late[-1][0] - late[0][0]) < CATCH_UP * 1.02
    fresh = [at for at, number, held in sent[1:] if held is None]
    assert len(fresh) >= 12, "none of them waited"


def test_kept_reports_that_are_refused_for_now_wait_longer_each_time_and_fresh_ones_do_not() -> None:
    session, now = outage(50)
    session.handle(Acked(), now)
    session.handle(Acked(), now)  # the newest
    waits = []
    for _ in range(8):
        now = max(now, session._late_at)
        assert "heldMs" in str(session.handle(Tick(), now))
        session.handle(AGAIN, now)
        waits.append(session._late_at - now)
        assert sent(session.handle(Sampled(body(7)), now)) == [7]
        session.handle(Acked(), now)
    assert max(waits) > 4
    assert len(session.keep) == 49, "not one of them is given up"


def test_when_there_is_no_room_a_long_outage_keeps_its_shape() -> None:
    keep = MemoryKeep(40_000)
    session, now = outage(2000, keep)
    assert keep.size <= 40_000
    assert keep.thinned == 1999 - len(keep)
    out = session.handle(Acked(), now)
    assert "thinned out" in said(out)
    numbers = []
    while (kept := keep.oldest(now)) is not None:
        numbers.append(int(str(kept.body["CPU"])))
        keep.done()
    assert numbers[0] == 0, "when it began is known"
    gaps = [after - before for before, after in pairwise(numbers)]
    assert gaps[-1] == 1
    assert gaps == sorted(gaps, reverse=True), "the older, the thinner"


def test_after_a_restart_nothing_old_is_sent_before_something_new() -> None:
    keep = MemoryKeep()
    keep.add(Kept(-3600.0, body(1)))
    session = Session(MAC, 5.0, random.Random(7), 0.0, url=URL, keep=keep)
    for event in (Tick(), Connected(), Acked()):
        session.handle(event, 0.0)
    assert sent(session.handle(Tick(), 4.9)) == []
    assert sent(session.handle(Sampled(body(2)), 4.9)) == [2]
    assert session.handle(Acked(), 4.9) == [Send({**body(1), "heldMs": 3_604_900})]


def test_an_agent_that_ends_keeps_what_is_in_its_hands() -> None:
    session = reporting()
    session.handle(Sampled(body(1)), 1.0)
    session.handle(Sampled(body(2)), 6.0)
    session.handle(Stop("shutdown"), 7.0)
    first = session.keep.oldest(7.0)
    assert first is not None
    assert (first.at, first.body) == (1.0, body(1))
    assert len(session.keep) == 2


def test_a_report_on_its_way_when_the_connection_dies_is_sent_again() -> None:
    session = reporting()
    session.handle(Sampled(body(1)), 1.0)
    out = session.handle(Died("gone"), 2.0)
    assert Close() in out
    session.handle(Sampled(body(2)), 2.5)
    session.handle(Tick(), 4.0)
    session.handle(Connected(), 4.0)
    assert without_words(session.handle(Acked(), 4.0)) == [Send({**body(2), "heldMs": 1500})]
    assert session.handle(Acked(), 6.5) == [Send({**body(1), "heldMs": 5500})]


def test_a_report_refused_for_now_is_kept_and_one_refused_for_good_is_not() -> None:
    session = reporting()
    session.handle(Sampled(body(1)), 1.0)
    assert without_words(session.handle(AGAIN, 1.0)) == []
    assert session.handle(Sampled(body(2)), 1.0) == []
    later = session.deadline
    assert 1.0 < later <= 2.0
    assert sent(session.handle(Tick(), later)) == [2]
    out = session.handle(NEVER, later)
    assert "CPU is 200 (out_of_range)" in said(out)
    assert sent(out) == [1]


def test_a_server_that_does_not_answer_is_left() -> None:
    session = reporting()
    session.handle(Sampled(body(1)), 1.0)
    assert session.state is State.REPORTING
    out = session.handle(Tick(), 1.0 + ANSWER_S)
    assert Close() in out
    assert "does not answer" in said(out)
    assert session.state is State.WAITING


@pytest.mark.parametrize(("events", "limit"), [([Tick()], CONNECT_S), ([Tick(), Connected()], ANSWER_S)])
def test_no_step_of_connecting_waits_for_ever(events: list[Event], limit: float) -> None:
    session = new()
    for event in events:
        session.handle(event, 0.0)
    session.handle(Tick(), limit)
    assert session.state is State.WAITING


def test_a_refused_birth_waits_and_tries_again() -> None:
    session = new()
    session.handle(Tick(), 0.0)
    session.handle(Connected(), 0.0)
    out = session.handle(Nacked("bad_mac", "no mac", retry=False), 0.0)
    assert Close() in out
    assert "no mac" in said(out)
    assert session.state is State.WAITING


def test_the_waits_grow_until_a_report_is_kept() -> None:
    session = new()
    now, waits = 0.0, []
    for _ in range(10):
        session.handle(Tick(), now)
        session.handle(Connected(), now)
        session.handle(Acked(), now)
        session.handle(Died("it lets us in and dies"), now)
        waits.append(session._retry_at - now)
        now += CAP_S + 1
    assert max(waits[5:]) > 5
    session.handle(Tick(), now)
    session.handle(Connected(), now)
    session.handle(Acked(), now)
    session.handle(Sampled(body(1)), now)
    session.handle(Acked(), now)
    session.handle(Died("gone"), now)
    assert session._retry_at - now <= 1.0


def test_stop_says_goodbye_only_to_a_server_that_knows_us() -> None:
    assert reporting().handle(Stop("reboot"), 1.0) == [Bye("reboot"), Close(), Exit(0)]
    session = new()
    assert session.handle(Stop("shutdown"), 1.0) == [Close(), Exit(0)]
    assert session.state is State.STOPPED


def test_an_event_that_does_not_fit_changes_nothing_and_is_reported() -> None:
    session = reporting()
    out = session.handle(Connected(), 1.0)
    assert "means nothing while reporting" in said(out)
    assert session.state is State.REPORTING
    session.handle(Stop("shutdown"), 2.0)
    assert without_words(session.handle(Tick(), 3.0)) == []


def sample_times(session: Session, until: float, late: float = 0.0) -> list[float]:
    times, now = [], 0.0
    while now < until:
        if Sample() in session.handle(Tick(), now):
            times.append(now)
        now = max(now, session.deadline) + late
    return times


def test_the_period_does_not_drift() -> None:
    times = sample_times(new(""), 5000.0, late=0.4)
    grid = phase(MAC, 5.0)
    assert len(times) in (999, 1000, 1001)
    assert all((now - grid) % 5.0 < 0.41 for now in times)


def test_after_a_long_sleep_there_is_one_report_and_not_a_burst() -> None:
    session = new("")
    session.handle(Tick(), 3600.0)
    assert session.handle(Tick(), 3600.0) == []
    assert 3600.0 < session.deadline <= 3605.0


def test_the_cluster_reports_spread_over_the_period() -> None:
    phases = [phase(f"b8:27:eb:70:{number // 256:02x}:{number % 256:02x}", 5.0) for number in range(1050)]
    in_each_tenth = [sum(1 for each in phases if tenth / 2 <= each < tenth / 2 + 0.5) for tenth in range(10)]
    assert min(in_each_tenth) > 70
    assert phase(MAC, 5.0) == phase(MAC, 5.0)


def test_once_sends_one_report_and_ends_well() -> None:
    session = new(once=True)
    session.handle(Tick(), 0.0)
    session.handle(Connected(), 0.0)
    session.handle(Acked(), 0.0)
    assert Sample() in session.handle(Tick(), 0.5)
    assert session.handle(Sampled(body(1)), 0.5) == [Send(body(1))]
    assert session.handle(Acked(), 0.6)[-1] == Exit(0)


@pytest.mark.parametrize("last", [Failed("nobody listens"), Refused("no")])
def test_once_ends_badly_when_it_cannot_connect(last: Event) -> None:
    session = new(once=True)
    session.handle(Tick(), 0.0)
    out = session.handle(last, 0.0)
    assert out[-1] == Exit(1)
    assert said(out)


def test_once_ends_badly_when_its_report_is_refused_or_nobody_is_there() -> None:
    session = new(once=True)
    for event in (Tick(), Connected(), Acked(), Sampled(body(1))):
        session.handle(event, 0.0)
    assert session.handle(AGAIN, 0.0)[-2:] == [Close(), Exit(1)]
    alone = new("", once=True)
    out = alone.handle(Tick(), ONCE_S)
    assert out[-1] == Exit(1)
    assert "--server" in said(out)


_events = st.sampled_from(
    [Tick(), Found(URL), Found("http://10.0.0.9:80"), Connected(), Refused("no"), Failed("x"), Died("x"), Acked()]
    + [AGAIN, NEVER, Sampled(body(1))] * 2
)


@given(st.lists(st.tuples(_events, st.floats(0.0, 20.0)), max_size=120), st.booleans())
def test_whatever_happens_it_keeps_its_promises(steps: list[tuple[Event, float]], discovers: bool) -> None:
    session = new("" if discovers else URL)
    now, on_the_way, connections = 0.0, 0, 0
    for event, wait in steps:
        now += wait
        before = session.state
        out = session.handle(event, now)
        on_the_way -= isinstance(event, Acked | Nacked) and before is State.REPORTING and on_the_way > 0
        on_the_way = 0 if Close() in out or session.state is State.WAITING else on_the_way
        for each in out:
            on_the_way += isinstance(each, Send)
            connections += isinstance(each, Connect)
        assert on_the_way <= 1
        assert session._flight is None or session._flight_is_late <= len(session.keep)
        assert session.deadline <= now + max(CAP_S, CONNECT_S)
        assert session.state is not State.STOPPED
        assert not any(isinstance(each, Send | Birth) for each in out) or session.state in (State.BORN, State.REPORTING)
