"""The scripts are read by a real shell, which is asked what it would complete."""

import argparse
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from warble import cli, completion

PARSER = cli._parser()
COMMANDS = list(completion.commands(PARSER))


def bash(tmp_path, line):
    """What bash completes at the end of a line, as its readline would ask."""
    words = re.split(" +", line)
    program = f"""
        {completion.script(PARSER, "bash")}
        COMP_WORDS=({" ".join(shlex.quote(word) for word in words)})
        COMP_CWORD={len(words) - 1}
        _warble
        [ "${{#COMPREPLY[@]}}" -eq 0 ] || printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-u"], input=program, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is needed to ask it")


@needs_bash
def test_bash_completes_commands(tmp_path):
    assert bash(tmp_path, "warble r") == ["run", "repl"]
    assert bash(tmp_path, "warble sc") == ["score"]
    assert set(bash(tmp_path, "warble ")) == {"-h", "--help", *(command.name for command in COMMANDS)}
    assert bash(tmp_path, "warble zzz") == []


@needs_bash
def test_bash_completes_every_option_of_every_command(tmp_path):
    for command in COMMANDS:
        names = {name for option in command.options for name in option.names}
        assert set(bash(tmp_path, f"warble {command.name} -")) == names, command.name
    assert bash(tmp_path, "warble run --j") == ["--json"]
    assert bash(tmp_path, "warble fmt --j") == []


@needs_bash
def test_bash_completes_files_where_a_file_belongs(tmp_path):
    (tmp_path / "pi digits.warble").touch()
    (tmp_path / "store.json").touch()
    assert bash(tmp_path, "warble run p") == ["pi digits.warble"]
    assert bash(tmp_path, "warble run --json p") == ["pi digits.warble"]
    assert bash(tmp_path, "warble run --store s") == ["store.json"]
    assert bash(tmp_path, "warble run --user s") == []
    assert bash(tmp_path, "warble run -c s") == []
    assert bash(tmp_path, "warble repl s") == []


@needs_bash
def test_bash_completes_choices(tmp_path):
    assert bash(tmp_path, "warble completion ") == ["bash", "zsh", "fish", "-h", "--help"]
    assert bash(tmp_path, "warble completion f") == ["fish"]


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_command_and_option_is_in_every_script(shell, capsys):
    assert cli.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for command in COMMANDS:
        assert command.name in script
        for name in (name for option in command.options for name in option.names):
            assert (name.lstrip("-") if shell == "fish" else name) in script
    assert script.endswith("\n")
    assert script.count("%") == 0


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_script_is_fine_for_its_own_shell(shell, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine to read its script")
    file = tmp_path / "script"
    file.write_text(completion.script(PARSER, shell))
    flags = ["--no-execute"] if shell == "fish" else ["-n"]
    done = subprocess.run([shell, *flags, str(file)], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_quotes_and_brackets_in_help_do_no_harm(tmp_path):
    parser = argparse.ArgumentParser(prog="tool")
    sub = parser.add_subparsers().add_parser("go", help="it's a `test` [of] $quotes: all")
    sub.add_argument("--to", choices=["a", "b"], help="it's \\ a `test` [of] $quotes: all")
    for shell in completion.SHELLS:
        if shutil.which(shell) is None:
            continue
        file = Path(tmp_path / shell)
        file.write_text(completion.script(parser, shell))
        flags = ["--no-execute"] if shell == "fish" else ["-n"]
        done = subprocess.run([shell, *flags, str(file)], capture_output=True, text=True, timeout=20, check=False)
        assert (done.returncode, done.stderr) == (0, "")
