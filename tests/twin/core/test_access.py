"""Roles, what they may do, and which token gives which."""

import pytest

from twin.core.access import MAY, Action, Role, Tokens, may

TOKENS = Tokens("agent-secret", "operator-secret")


@pytest.mark.parametrize(
    ("token", "role"),
    [
        ("agent-secret", Role.AGENT),
        ("operator-secret", Role.OPERATOR),
        ("", None),
        ("agent-secre", None),
        ("agent-secret ", None),
        ("AGENT-SECRET", None),
        ("\ud800 half a pair", None),
        ("ключ", None),
    ],
)
def test_a_token_gives_exactly_its_role(token: str, role: Role | None) -> None:
    assert TOKENS.role_of(token) is role


def test_a_secret_that_was_never_set_opens_no_door() -> None:
    assert Tokens("", "").role_of("") is None
    assert Tokens("", "x").role_of("") is None


def test_the_same_secret_for_both_gives_the_stronger_role() -> None:
    assert Tokens("same", "same").role_of("same") is Role.OPERATOR


def test_every_role_may_view_and_is_in_the_table() -> None:
    assert set(MAY) == set(Role)
    assert all(may(role, Action.VIEW) for role in Role)


@pytest.mark.parametrize("action", [Action.REPORT, Action.REGISTER, Action.PAINT, Action.FORGET, Action.SURVEY])
def test_viewers_and_players_change_nothing(action: Action) -> None:
    assert not may(Role.VIEWER, action)
    assert not may(Role.PLAYER, action)
    assert may(Role.OPERATOR, action)
    assert may(Role.ADMIN, action)


def test_an_agent_reports_and_registers_but_neither_paints_nor_forgets() -> None:
    assert {action for action in Action if may(Role.AGENT, action)} == {Action.VIEW, Action.REPORT, Action.REGISTER}
