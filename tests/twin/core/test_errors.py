"""One tree of errors and one form on the wire."""

import pytest

from twin.core import errors
from twin.core.errors import (
    BadInput,
    Forbidden,
    NotFound,
    Stale,
    TooLarge,
    TwinError,
    Unauthorised,
    Unavailable,
    Unguarded,
    wire_form,
)


@pytest.mark.parametrize(
    ("kind", "code", "status", "retry"),
    [
        (TwinError, "internal", 500, False),
        (BadInput, "bad_input", 400, False),
        (Unauthorised, "unauthorised", 401, False),
        (Forbidden, "forbidden", 403, False),
        (NotFound, "not_found", 404, False),
        (TooLarge, "too_large", 413, False),
        (Unguarded, "no_if_match", 428, False),
        (Unavailable, "unavailable", 503, True),
    ],
)
def test_each_error_has_its_code_status_and_advice(kind: type[TwinError], code: str, status: int, retry: bool) -> None:
    error = kind("what, where, what to do")
    assert (error.code, error.http_status, error.retry, str(error)) == (code, status, retry, "what, where, what to do")


def test_all_errors_of_the_tree_are_in_its_drawing() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, TwinError)]
    assert all(kind.__name__ in str(errors.__doc__) for kind in kinds)


def test_the_wire_form_names_a_field_only_where_one_is_to_blame() -> None:
    assert wire_form(Unavailable("later")) == {"code": "unavailable", "message": "later", "retry": True}
    told = wire_form(BadInput("no", field="CPU", code="bad_number"))
    assert told == {"code": "bad_number", "message": "no", "retry": False, "field": "CPU"}


def test_who_is_behind_is_told_the_current_revision() -> None:
    told = wire_form(Stale("read it again", revision=7))
    assert told == {"code": "stale", "message": "read it again", "retry": False, "revision": 7}
    assert Stale("read it again", revision=7).http_status == 412


def test_a_code_of_its_own_stays_with_the_error_it_was_given_to() -> None:
    BadInput("x", code="special")
    assert BadInput("y").code == "bad_input"
