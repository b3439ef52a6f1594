"""The command, called as its entry point is: arguments in, text and an exit code out."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest

from warble import cli, sandbox
from warble.cage import kernel as kernel_module
from warble.cage.kernel import survey
from warble.cli import main


@pytest.fixture
def command(capsys, monkeypatch):
    def call(*arguments, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = main(arguments)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_run_prints_what_the_program_prints(command):
    assert command("run", "-c", "#pi{PRINT(1)}") == (0, "1\n", "")


def test_run_reads_standard_input_and_files(command, tmp_path):
    file = tmp_path / "p.warble"
    file.write_text("{PRINT(2)}\n")
    assert command("run", stdin="{PRINT(1)}\n") == (0, "1\n", "")
    assert command("run", "-", stdin="{PRINT(1)}\n") == (0, "1\n", "")
    assert command("run", str(file)) == (0, "2\n", "")


def test_errors_have_a_caret_line_and_an_exit_code(command):
    code, out, err = command("run", "-c", "{PRINT(1)x=1/0}")
    assert (code, out) == (1, "1\n")
    assert err == "error[zerodiv]: This divides by 0.\n  {PRINT(1)x=1/0}\n             ^^^\n"


def test_limits_have_an_exit_code_of_their_own(command):
    assert command("run", "-c", "{x=9^9^9}")[0] == 3


def test_effects_go_to_standard_error(command):
    assert command("run", "-c", '{LIGHTS(0,1,2,3)PRINT("x")}') == (0, "x\n", "~ lights 0 1 2 3\n")


def test_json_has_everything(command):
    code, out, err = command("run", "--json", "-c", '{FOR(i=0;i<3;i++){}PRINT("π")SAVE("a",i)y=z}')
    assert (code, err) == (1, "")
    assert json.loads(out) == {
        "stdout": "π\n",
        "effects": [["save", "a", "3"]],
        "fuel": 3,
        "error": {"kind": "name", "message": "z has no value here.", "start": 42, "end": 43},
    }


def test_store_keeps_values_of_users_between_runs(command, tmp_path):
    file = str(tmp_path / "store.json")
    assert command("run", "--store", file, "--user", "a", "-c", '{SAVE("n",1)SETDATA("d",2)}')[0] == 0
    assert command("run", "--store", file, "--user", "a", "-c", '{PRINT(LOAD("n"),GETDATA("d"))}')[1] == "1 2\n"
    assert command("run", "--store", file, "--user", "b", "-c", '{PRINT(LOAD("n",7))}')[1] == "7\n"
    assert json.loads((tmp_path / "store.json").read_text()) == {"users": {"a": {"n": 1}}, "data": {"d": 2}}
    assert [path.name for path in tmp_path.iterdir()] == ["store.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"users": []}', '{"users": {"a": {"n": true}}}', '{"data": {"n": null}}'])
def test_a_file_that_is_no_store_is_left_alone(command, tmp_path, text):
    file = tmp_path / "store.json"
    file.write_text(text)
    code, _, err = command("run", "--store", str(file), "-c", '{SAVE("n",1)}')
    assert (code, file.read_text()) == (2, text)
    assert "Delete it to start anew" in err


def test_a_missing_file_is_told_without_a_traceback(command):
    code, out, err = command("run", "no/such/file")
    assert (code, out) == (2, "")
    assert err.startswith("warble: ")


def test_check_finds_errors_without_running(command):
    assert command("check", "-c", "{PRINT(1)}") == (0, "", "")
    assert command("check", "-c", "{WHILE(1){}}") == (0, "", "")
    assert command("check", "-c", "{PRINT(1)FOO()}")[0] == 1
    code, _, err = command("check", "-c", "{IF(0){PRINT(x)}}")
    assert (code, err.splitlines()[0]) == (1, "error[name]: x has no value here.")
    assert json.loads(command("check", "--json", "-c", "{")[1])["error"]["kind"] == "syntax"


def test_fmt_lays_out_and_shortens(command):
    assert command("fmt", "-c", "{x=1PRINT(x)}") == (0, "{\n  x = 1\n  PRINT(x)\n}\n", "")
    assert command("fmt", "--min", "-c", "{ x = 1.0 ; PRINT( x ) }") == (0, "{x=1.PRINT(x)}\n", "")
    assert command("fmt", "-c", "{x=}")[0] == 1


def test_fmt_can_shorten_a_program_that_is_too_long(command):
    assert command("fmt", "--min", "-c", "{PRINT(1)" + " " * 300 + "}") == (0, "{PRINT(1)}\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["repl", "--help"]])
def test_help_says_what_the_sandbox_is_for(capsys, arguments):
    with pytest.raises(SystemExit):
        main(arguments)
    shown = " ".join(capsys.readouterr().out.split())
    assert "a sandbox: a process of its own, without rights, with a clock" in shown
    assert "only the limits of the language hold" in shown


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")


@LINUX
def test_run_uses_the_sandbox_unless_it_is_told_not_to(command, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("this ran in process")

    monkeypatch.setattr(cli, "run", refuse)
    assert command("run", "-c", '{PRINT("x")LIGHTS(0,1,2,3)}') == (0, "x\n", "~ lights 0 1 2 3\n")
    with pytest.raises(AssertionError, match="in process"):
        command("run", "--in-process", "-c", "{PRINT(1)}")


def test_run_in_process_does_the_same(command):
    assert command("run", "--in-process", "-c", "{PRINT(1)x=1/0}")[:2] == (1, "1\n")


def test_where_there_is_no_linux_it_is_said_and_the_program_runs_in_process(command, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    code, out, err = command("run", "-c", "{PRINT(1)}")
    assert (code, out) == (0, "1\n")
    assert err == "warble: The sandbox needs Linux, and this is darwin. The program runs in process.\n"
    assert command("sandbox") == (
        3,
        "",
        "warble: The sandbox needs Linux, and this is darwin. There is nothing to show.\n",
    )


@LINUX
def test_a_sandbox_that_cannot_start_is_told_in_one_sentence(command, monkeypatch):
    monkeypatch.setattr(sandbox, "Pool", partial(_broken, sandbox.Pool))
    code, out, err = command("run", "-c", "{PRINT(1)}")
    assert (code, out) == (2, "")
    assert err.startswith("warble: The sandbox's zygote cannot be kept alive: ")


def _broken(real, workers, queue, spares, module, setup, longest_s):
    return real(workers, queue, spares, "no.such.module", setup, longest_s)


@LINUX
def test_sandbox_shows_each_defence_and_tries_it(command):
    code, out, err = command("sandbox")
    lines = out.splitlines()
    kernel = survey()
    assert (code, err) == (0 if kernel.essential else 3, "")
    assert sum(line.startswith(("yes ", "NO  ")) for line in lines) == 14
    assert ("yes system calls" in out) == kernel.seccomp
    assert lines[-3:] == [
        "yes a program gives what it should",
        "yes a program without end is stopped by the clock",
        "yes a program that is wrong is told so",
    ]


@LINUX
def test_sandbox_exits_with_3_where_an_essential_defence_lacks(command, monkeypatch):
    monkeypatch.setattr(kernel_module, "survey", lambda: replace(survey(), seccomp=False))
    code, out, _ = command("sandbox")
    assert code == 3
    assert "NO  system calls" in out
    assert "seccomp filters cannot be set here" in out


def test_python_m_warble_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "warble", "run", "-c", "{PRINT(6*7)x=1/0}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (1, "42\n")
    assert "^^^" in done.stderr
