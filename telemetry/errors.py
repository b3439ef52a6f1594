"""The error tree of this package and its one mapping to the wire. Raised by report.py, what report.py
calls, and the agent; turned into HTTP answers and acknowledgements by twin's edges. The store keeps its
errors beside its code.

    TelemetryError          code, message, retry
      ReportError           + field: a report that cannot be taken in, and which field is why
      AgentError            the agent cannot start: a wrong option, an unreadable token
"""

from __future__ import annotations


class TelemetryError(Exception):
    """`code` is for programs, `message` for people; `retry` says whether the same thing may work later."""

    def __init__(self, code: str, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry = retry


class ReportError(TelemetryError):
    """A report that cannot be taken in. `field` is the key as sent ("CPU", "data.a[3]"), "" for all of it.

    Codes: bad_encoding, bad_json, too_large, too_deep, duplicate_key, not_object (the body);
    wrong_type, not_a_number, out_of_range, too_long, too_many, bad_text, bad_address, no_identity (a field).
    """

    def __init__(self, code: str, field: str, message: str, *, retry: bool = False) -> None:
        super().__init__(code, message, retry=retry)
        self.field = field


class AgentError(TelemetryError):
    """The agent cannot start. Codes: bad_option, bad_token_file, bad_server_url, bad_ca_file."""


def to_wire(error: TelemetryError) -> dict[str, object]:
    """The `error` object of an acknowledgement or an HTTP answer."""
    field = error.field if isinstance(error, ReportError) else ""
    return {"code": error.code, "message": error.message, "field": field, "retry": error.retry}
