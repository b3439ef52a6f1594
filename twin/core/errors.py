"""The errors of the twin, and how each looks on a wire.

    TwinError                 code, message, retry; field where one is to blame
     ├── BadInput    400      what was sent cannot be understood
     ├── Unauthorised 401     no token, or a wrong one
     ├── Forbidden   403      the role may not do this
     ├── NotFound    404      no such node, route or epoch
     ├── Stale       412      somebody else changed it since the caller read it
     ├── TooLarge    413      a body or message over its bound
     ├── Unguarded   428      a change that does not say of what it is a change
     └── Unavailable 503      cannot be kept safe right now: try again later

Raised by core and the edges; `wire_form` is the only place that turns one into what a client sees.
"""

from __future__ import annotations


class TwinError(Exception):
    """Base of all errors that a client may see. `retry`: the same request may succeed later."""

    code = "internal"
    http_status = 500
    retry = False

    def __init__(self, message: str, *, field: str = "", code: str | None = None, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after_s = retry_after_s
        if code is not None:
            self.code = code


class BadInput(TwinError):
    code = "bad_input"
    http_status = 400


class Unauthorised(TwinError):
    code = "unauthorised"
    http_status = 401


class Forbidden(TwinError):
    code = "forbidden"
    http_status = 403


class NotFound(TwinError):
    code = "not_found"
    http_status = 404


class Stale(TwinError):
    """`revision`: the one that is current."""

    code = "stale"
    http_status = 412

    def __init__(self, message: str, *, revision: int) -> None:
        super().__init__(message)
        self.revision = revision


class TooLarge(TwinError):
    code = "too_large"
    http_status = 413


class Unguarded(TwinError):
    code = "no_if_match"
    http_status = 428


class Unavailable(TwinError):
    code = "unavailable"
    http_status = 503
    retry = True


def wire_form(error: TwinError) -> dict[str, object]:
    """The error as JSON: {"code", "message", "retry"}, "field" where one is to blame, "revision" of what is Stale."""
    form: dict[str, object] = {"code": error.code, "message": error.message, "retry": error.retry}
    if error.field:
        form["field"] = error.field
    if isinstance(error, Stale):
        form["revision"] = error.revision
    return form
