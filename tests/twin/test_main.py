"""The `twin` command: its subcommands, and that a Pi's agent pulls in nothing of the server."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from twin import __version__
from twin.__main__ import main
from twin.settings import markdown
from twin.wire.asyncapi import asyncapi
from twin.wire.openapi import openapi
from twin.wire.typescript import typescript


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"twin {__version__}\n"


@pytest.mark.parametrize("argv", [[], ["dance"], ["serve", "--port", "x"], ["serve", "--legacy-open", "maybe"]])
def test_a_wrong_command_line_is_2_with_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert "usage: twin" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["serve", "demo", "agent", "simulate", "settings", "describe"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"twin {command}" in capsys.readouterr().out


def test_settings_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings"]) == 0
    assert capsys.readouterr().out == markdown()


def test_describe_prints_each_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "typescript"]) == 0
    assert capsys.readouterr().out == typescript()
    for what, document in (("openapi", openapi()), ("asyncapi", asyncapi())):
        assert main(["describe", what]) == 0
        assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(document))


def test_the_agents_command_imports_neither_numpy_nor_aiohttp_nor_the_server() -> None:
    probe = (
        "import sys, twin.__main__ as m\n"
        "try: m.main(['agent', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(set(sys.modules) & {'numpy', 'aiohttp', 'msgspec', 'models', 'twin.service', 'twin.core'}))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
