"""All SQL of the Oracle store through a parser of Oracle's dialect, and against what a parser does not know. A net, no
proof: only a database proves SQL."""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from telemetry.store import sql
from tests.oracle.model import _STATEMENTS, KEYS

_RESERVED = """
    access add all alter and any as asc audit between by char check cluster column comment compress connect create
    current date decimal default delete desc distinct drop else exclusive exists file float for from grant group
    having identified immediate in increment index initial insert integer intersect into is level like lock long
    maxextents minus mlslabel mode modify noaudit nocompress not nowait null number of offline on online option or
    order pctfree prior public raw rename resource revoke row rowid rownum rows select session set share size
    smallint start successful synonym sysdate table then to trigger uid union unique update user validate values
    varchar varchar2 view whenever where with
"""
#: Words that Oracle takes neither for a bind nor for a column without quotes (its reserved words, and ROWID).
RESERVED = frozenset(_RESERVED.split())
#: Where and how a table is stored: the parser does not know these, though Oracle does.
PHYSICAL = re.compile(
    r"\bGENERATED ALWAYS AS IDENTITY\b|^ORGANIZATION INDEX$|( USING INDEX)? LOCAL\b"
    r"|^PARTITION BY .*\n\(PARTITION .*\)$",
    re.MULTILINE,
)
SCRIPTS = [(f"{part.name} {n}", text) for part in sql.versions() for n, text in enumerate(part.statements, 1)]


def tables() -> dict[str, set[str]]:
    """Columns by table, read from the CREATE TABLE statements."""
    found: dict[str, set[str]] = {}
    for _, text in SCRIPTS:
        if text.startswith("CREATE TABLE"):
            name = text.split()[2]
            found[name] = set(re.findall(r"^  (\w+) +(?:NUMBER|VARCHAR2|BINARY_FLOAT|CLOB|BLOB)", text, re.MULTILINE))
    return found


@pytest.mark.parametrize("name", sorted(sql.statements()))
def test_a_statement_is_one_that_oracle_could_read(name: str) -> None:
    text = sql.statement(name)
    assert ";" not in text, "the driver takes no semicolon"
    parsed = sqlglot.parse_one(text, dialect="oracle")
    assert isinstance(parsed, (exp.Select, exp.Insert, exp.Update, exp.Delete)), type(parsed)
    assert not RESERVED & set(sql.binds(text)), "ORA-01745"


@pytest.mark.parametrize("name", sorted(sql.statements()))
def test_a_statement_names_only_tables_and_columns_that_are_there(name: str) -> None:
    known = tables() | {
        "user_segments": {"bytes", "segment_name", "partition_name"},
        "user_tab_partitions": {"partition_name", "high_value", "table_name", "partition_position"},
    }
    parsed = sqlglot.parse_one(sql.statement(name), dialect="oracle")
    used = {table.name for table in parsed.find_all(exp.Table) if table.name}
    assert used <= known.keys()
    made = {alias.alias for alias in parsed.find_all(exp.Alias)} | {"grp", "node_id", "rownum"}
    columns = {column.name.lower() for column in parsed.find_all(exp.Column)}
    assert columns <= set().union(*(known[table] for table in used)) | made


@pytest.mark.parametrize(("where", "text"), SCRIPTS, ids=[where for where, _ in SCRIPTS])
def test_a_statement_of_the_schema_is_one_that_oracle_could_read(where: str, text: str) -> None:
    parsed = sqlglot.parse_one(PHYSICAL.sub("", text), dialect="oracle")
    assert isinstance(parsed, exp.Create)


def test_no_column_or_table_has_a_reserved_or_too_long_name() -> None:
    for table, columns in tables().items():
        assert not (columns | {table}) & RESERVED
        assert all(len(each) <= 30 for each in columns | {table})


def test_the_test_server_knows_every_statement_and_table() -> None:
    assert _STATEMENTS.keys() == sql.statements().keys()
    assert KEYS.keys() == tables().keys()


def test_binds_are_found_but_not_in_quotes() -> None:
    assert sql.binds("SELECT ':no', '$[*]' FROM t WHERE a = :one AND b = :two AND c = :one") == ("one", "two", "one")


def test_versions_count_up_from_one() -> None:
    assert [version.number for version in sql.versions()] == list(range(1, len(sql.versions()) + 1))


def test_a_script_is_cut_at_its_slashes_and_keeps_what_plsql_says(tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's Path
    path = tmp_path / "x.sql"
    path.write_text("-- about\n\nBEGIN\n  -- why\n  x := 1 / 2;\nEND;\n/\n-- next\nSELECT 1 FROM dual\n/\n")
    assert sql.script(path) == ("BEGIN\n  -- why\n  x := 1 / 2;\nEND;", "SELECT 1 FROM dual")
