"""The agent's options: where they come from, what is refused, and that the page lists them all."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from telemetry.errors import AgentError
from telemetry.options import TABLE, Options, add_arguments, read_options, server_url

PAGE = Path(__file__).parents[2] / "docs" / "agent.md"


def read(*arguments: str, **environment: str) -> Options:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return read_options(parser.parse_args(arguments), environment)


def refused(*arguments: str, **environment: str) -> AgentError:
    with pytest.raises(AgentError) as caught:
        read(*arguments, **environment)
    return caught.value


def test_nothing_given_is_the_table() -> None:
    assert read() == Options()


def test_the_command_line_goes_before_the_environment() -> None:
    environment = {"TWIN_AGENT_PERIOD": "2", "TWIN_AGENT_SERVER": "a:1", "TWIN_AGENT_SWITCH_PORT": "7"}
    options = read("--period", "3", "--once", **environment)
    assert (options.period_s, options.server, options.port, options.once) == (3.0, "http://a:1", 7, True)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--period", "0"], "--period"),
        (["--period", "nan"], "--period"),
        (["--period", "soon"], "--period"),
        (["--http-port", "70000"], "--http-port"),
        (["--discovery-port", "0"], "--discovery-port"),
        (["--port-on-switch", "-2"], "--port-on-switch"),
        (["--switch-ip", "a b"], "--switch-ip"),
        (["--log-level", "loud"], "--log-level"),
        (["--ca", "/no/such/file"], "--ca"),
        (["--token-file", "/no/such/file"], "--token-file"),
        (["--server", "ftp://a"], "--server"),
    ],
)
def test_a_wrong_option_is_named(arguments: list[str], named: str) -> None:
    assert refused(*arguments).message.startswith(named)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("172.20.0.10:8080", "http://172.20.0.10:8080"),
        ("http://twin:8080/", "http://twin:8080"),
        ("https://twin.example", "https://twin.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_server_is_read(given: str, url: str) -> None:
    assert server_url(given) == url


@pytest.mark.parametrize(
    "given", ["http://", "ws://a", "http://a:99999", "http://a/path", "http://u:p@a", "http://a?x=1", "http://a:b"]
)
def test_a_server_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(AgentError, match="--server"):
        server_url(given)


def test_a_token_in_a_file_may_change_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one\n")
    options = read("--token-file", str(file))
    assert options.read_token() == "one"
    file.write_text("two\n")
    assert options.read_token() == "two"
    file.unlink()
    with pytest.raises(AgentError) as caught:
        options.read_token()
    assert caught.value.retry
    assert read(TWIN_AGENT_TOKEN="three").read_token() == "three"


def test_the_page_lists_every_option_with_its_name_and_default() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `--")]
    listed = {row.split("`")[1].split()[0]: row for row in rows}
    assert list(listed) == [*(flag for flag, *_ in TABLE), "--once"]
    for flag, variable, default, metavar, text in TABLE:
        cells = [cell.strip() for cell in listed[flag].strip("|").split("|")]
        assert cells == [f"`{flag} {metavar}`", f"`{variable}`", default, text]
