"""The one mapping of an error to the wire."""

from __future__ import annotations

from telemetry.errors import AgentError, ReportError, TelemetryError, to_wire


def test_an_error_goes_over_the_wire_with_code_message_field_and_retry() -> None:
    error = ReportError("out_of_range", "CPU", "CPU is 200.")
    assert to_wire(error) == {
        "code": "out_of_range",
        "message": "CPU is 200.",
        "field": "CPU",
        "retry": False,
    }
    assert to_wire(AgentError("bad_token_file", "no", retry=True))["field"] == ""
    assert isinstance(error, TelemetryError)
    assert str(error) == "CPU is 200."
