"""Who may do what: roles, what each may do, and which token gives which role.

Pure. Today there are two tokens (agents, operators); signed tokens with scopes arrive with the commands and replace
`Tokens` only: edges ask `may(role, action)` and never look at a token themselves.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of the design, weakest first; `agent` stands apart from the people."""

    VIEWER = "viewer"
    PLAYER = "player"
    OPERATOR = "operator"
    ADMIN = "admin"
    AGENT = "agent"


class Action(StrEnum):
    """What an edge asks leave for."""

    VIEW = "view"
    REPORT = "report"
    REGISTER = "register"
    PAINT = "paint"
    FORGET = "forget"
    SURVEY = "survey"


MAY: dict[Role, frozenset[Action]] = {
    Role.VIEWER: frozenset({Action.VIEW}),
    Role.PLAYER: frozenset({Action.VIEW}),
    Role.OPERATOR: frozenset(Action),
    Role.ADMIN: frozenset(Action),
    Role.AGENT: frozenset({Action.VIEW, Action.REPORT, Action.REGISTER}),
}


def may(role: Role, action: Action) -> bool:
    """Whether `role` may do `action`."""
    return action in MAY[role]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The shared secrets. An empty one never matches, so a missing setting cannot open a door."""

    agent: str
    operator: str

    def role_of(self, token: str) -> Role | None:
        """The role a token gives, or None. Constant time in the token, and both secrets are always compared."""
        given = token.encode("utf-8", "surrogatepass")
        operator = hmac.compare_digest(given, self.operator.encode()) and bool(self.operator)
        agent = hmac.compare_digest(given, self.agent.encode()) and bool(self.agent)
        if operator:
            return Role.OPERATOR
        return Role.AGENT if agent else None
