"""The tokens file: made once, for its owner's eyes, and clear about what is wrong with it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from twin.core.access import Role
from twin.core.errors import BadInput
from twin.edge.tokens import FILE, read_or_make


def test_the_first_start_makes_two_long_tokens_that_only_the_owner_reads(tmp_path: Path) -> None:
    tokens = read_or_make(tmp_path / "new" / "folder", "", "")
    path = tmp_path / "new" / "folder" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"agent": tokens.agent, "operator": tokens.operator}
    assert min(len(tokens.agent), len(tokens.operator)) >= 32
    assert tokens.agent != tokens.operator


def test_the_next_start_finds_the_same_tokens(tmp_path: Path) -> None:
    assert read_or_make(tmp_path, "", "") == read_or_make(tmp_path, "", "")


def test_two_data_directories_have_different_tokens(tmp_path: Path) -> None:
    assert read_or_make(tmp_path / "a", "", "") != read_or_make(tmp_path / "b", "", "")


def test_settings_win_over_the_file_and_need_none(tmp_path: Path) -> None:
    tokens = read_or_make(tmp_path, "an-agent", "an-operator")
    assert (tokens.agent, tokens.operator) == ("an-agent", "an-operator")
    assert not (tmp_path / FILE).exists()


def test_one_token_from_the_settings_is_completed_from_the_file(tmp_path: Path) -> None:
    kept = read_or_make(tmp_path, "", "")
    tokens = read_or_make(tmp_path, "an-agent", "")
    assert (tokens.agent, tokens.operator) == ("an-agent", kept.operator)
    assert tokens.role_of(kept.agent) is None, "the old one is worth nothing now"
    assert tokens.role_of("an-agent") is Role.AGENT


def test_the_same_token_for_both_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="every Pi would be an operator"):
        read_or_make(tmp_path, "same", "same")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "5", "null", '{"agent": "x"}', '{"agent": null, "operator": "y"}', '{"agent": 1, "operator": 2}'],
)
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(BadInput, match=rf"{FILE} cannot be read as tokens .* remove it"):
        read_or_make(tmp_path, "", "")


def test_a_file_that_is_not_utf8_is_damaged_too(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="cannot be read as tokens"):
        read_or_make(tmp_path, "", "")


def test_a_data_directory_that_cannot_be_written_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(BadInput, match="TWIN_DATA_DIR"):
        read_or_make(tmp_path / "file", "", "")
