"""Who is which row, where it stands, what it is called."""

import pytest

from twin.core.nodes import Node, Roster

SWITCH = "172.20.80.201"


def slot_of(switch_ip: str, port: int) -> int:
    return port - 1 if switch_ip == SWITCH and port <= 42 else -1


@pytest.fixture
def roster() -> Roster:
    return Roster(slot_of, 100)


def see(roster: Roster, mac: str = "", ip: str = "", port: int = -1, switch_ip: str = SWITCH) -> int:
    row = roster.see(mac, ip, switch_ip if port >= 0 else "", port)
    assert row is not None
    return row


def test_rows_are_given_in_order_and_never_change(roster: Roster) -> None:
    assert [see(roster, mac) for mac in ("a", "b", "a", "c", "b")] == [0, 1, 0, 2, 1]


def test_the_id_is_the_place_and_the_mac_while_there_is_none(roster: Roster) -> None:
    row = see(roster, "a")
    assert (roster.nodes[row].id, roster.nodes[row].slot) == ("a", -1)
    see(roster, "a", port=4)
    assert (roster.nodes[row].id, roster.nodes[row].slot) == (f"{SWITCH}-4", 3)


def test_a_place_that_the_model_has_not_is_kept_in_the_holding_area(roster: Roster) -> None:
    row = see(roster, "a", port=4, switch_ip="10.9.9.9")
    assert (roster.nodes[row].id, roster.nodes[row].slot, roster.nodes[row].placed) == ("10.9.9.9-4", -1, True)


def test_a_place_once_known_survives_a_report_that_does_not_know_it(roster: Roster) -> None:
    row = see(roster, "a", port=4)
    see(roster, "a")
    assert roster.nodes[row].port == 4


def test_a_newcomer_takes_the_place_over_and_the_other_is_held_not_dropped(roster: Roster) -> None:
    old, new = see(roster, "a", port=4), see(roster, "b", port=4)
    assert (roster.nodes[old].id, roster.nodes[old].slot) == ("a", -1)
    assert roster.nodes[new].slot == 3
    assert roster.by_id(f"{SWITCH}-4") == roster.nodes[new]


def test_two_that_swap_places_end_where_they_said(roster: Roster) -> None:
    a, b = see(roster, "a", port=1), see(roster, "b", port=2)
    see(roster, "a", port=2)
    see(roster, "b", port=1)
    assert (roster.nodes[a].port, roster.nodes[b].port) == (2, 1)
    assert (roster.at(SWITCH, 1), roster.at(SWITCH, 2)) == (b, a)


def test_a_move_frees_the_place_that_was_left(roster: Roster) -> None:
    see(roster, "a", port=1)
    see(roster, "a", port=2)
    assert roster.at(SWITCH, 1) is None
    assert roster.by_id(f"{SWITCH}-1") is None


def test_a_node_without_a_mac_is_found_by_its_place_and_keeps_its_row_when_the_mac_is_known(roster: Roster) -> None:
    row = see(roster, port=7)
    assert see(roster, port=7) == row
    assert see(roster, "a", port=7) == row
    assert (roster.nodes[row].mac, roster.find("a")) == ("a", row)


def test_a_mac_never_takes_over_the_row_of_another_mac(roster: Roster) -> None:
    assert see(roster, "a", port=7) != see(roster, "b", port=7)


def test_a_nameless_node_that_is_displaced_has_no_id_and_harms_nobody(roster: Roster) -> None:
    ghost = see(roster, port=7)
    see(roster, "a", port=3)
    see(roster, "a", port=7)
    assert (roster.nodes[ghost].id, roster.by_id("")) == ("", None)


def test_a_public_id_is_a_place_or_a_mac(roster: Roster) -> None:
    row = see(roster, "b8:27:eb:00:00:01", port=4)
    assert roster.by_id(f"{SWITCH}-4") == roster.by_id("b8:27:eb:00:00:01") == roster.nodes[row]


@pytest.mark.parametrize("public_id", ["", "-", "x", f"{SWITCH}-", f"{SWITCH}-x", f"{SWITCH}--4", f"{SWITCH}-²", "-4"])
def test_what_is_no_id_is_nobodys(roster: Roster, public_id: str) -> None:
    see(roster, "a", port=4)
    assert roster.by_id(public_id) is None


def test_an_address_belongs_to_who_used_it_last(roster: Roster) -> None:
    a, b = see(roster, "a", ip="10.0.0.1"), see(roster, "b", ip="10.0.0.1")
    assert roster.by_ip("10.0.0.1") == roster.nodes[b]
    see(roster, "a", ip="10.0.0.2")
    assert roster.by_ip("10.0.0.1") == roster.nodes[b], "the one who leaves an address does not take it from another"
    assert roster.by_ip("10.0.0.2") == roster.nodes[a]


def test_a_full_roster_takes_nobody_new_and_knows_who_is_here() -> None:
    roster = Roster(slot_of, 1)
    assert see(roster, "a") == 0
    assert roster.see("b", "", "", -1) is None
    assert (roster.full, see(roster, "a", port=3)) == (True, 0)


def test_the_version_moves_only_when_something_changed(roster: Roster) -> None:
    see(roster, "a", ip="10.0.0.1", port=4)
    version = roster.version
    see(roster, "a", ip="10.0.0.1", port=4)
    see(roster, "a", ip="10.0.0.1")
    see(roster, "a")
    assert roster.version == version


def test_since_names_who_changed_displaced_ones_included(roster: Roster) -> None:
    see(roster, "a", port=4)
    see(roster, "b", port=5)
    version = roster.version
    see(roster, "c", port=4)
    assert [node.row for node in roster.since(version)] == [0, 2]
    assert [node.row for node in roster.since(0)] == [0, 1, 2]
    assert roster.since(roster.version) == []


def test_an_unknown_place_binds_nothing(roster: Roster) -> None:
    row = see(roster, "a", port=4)
    version = roster.version
    roster.place(row, "", 4)
    roster.place(row, SWITCH, -1)
    assert (roster.nodes[row].port, roster.version, roster.at("", -1)) == (4, version, None)


def test_touched_rows_are_noted_for_the_one_who_marks_changes(roster: Roster) -> None:
    see(roster, "a", port=4)
    roster.touched.clear()
    see(roster, "b", port=4)
    assert set(roster.touched) == {0, 1}


def test_a_place_needs_both_switch_and_port() -> None:
    assert not Node(0, "a", "", "172.20.80.201", -1).placed
    assert not Node(0, "a", "", "", 3).placed
    assert Node(0, "a", "", "172.20.80.201", 0).placed


def test_what_is_put_is_said_of_that_row_only_and_found_by_all_its_names(roster: Roster) -> None:
    roster.put(Node(0, "a", "10.0.0.1", SWITCH, 3, 2))
    roster.put(Node(1, "b", "10.0.0.2"))
    version = roster.version
    roster.put(Node(1, "b", "10.0.0.2"))
    assert roster.version == version, "nothing new was said"
    roster.put(Node(1, "b", "10.0.0.2", SWITCH, 3, 2))
    roster.put(Node(0, "a", "10.0.0.3"))
    assert (roster.at(SWITCH, 3), roster.find("a"), roster.find("b")) == (1, 0, 1), "in whichever order places change"
    assert roster.by_ip("10.0.0.1") is None
    found = roster.by_id(f"{SWITCH}-3")
    assert (found, roster.by_ip("10.0.0.3")) == (roster.nodes[1], roster.nodes[0])
