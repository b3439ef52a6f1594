"""Owns the completion scripts for bash, zsh and fish, made from the command's own argparse tree: none goes stale.

cli.py is the caller. A word is completed as a command, an option of the command, one of an argument's choices, or a
file. Nothing is run while completing; the scripts are plain lists.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SHELLS: Final = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its spellings, and what follows it if anything does."""

    names: tuple[str, ...]
    takes: bool
    file: bool
    choices: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command and what may follow it."""

    name: str
    text: str
    options: tuple[Option, ...]
    file: bool
    choices: tuple[str, ...]


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """What the shell shall read; shell is one of SHELLS."""
    makers = {"bash": _bash, "zsh": _zsh, "fish": _fish}
    found = tuple(commands(parser))
    return f"# Completion of {parser.prog} for {shell}, printed by `{parser.prog} completion {shell}`.\n" + "".join(
        f"{line}\n" for line in makers[shell](parser.prog, found)
    )


def commands(parser: argparse.ArgumentParser) -> Iterator[Command]:
    """The parser's subcommands as plain data."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            texts = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, sub in action.choices.items():
                yield _command(name, texts.get(name, ""), sub)


def _command(name: str, text: str, parser: argparse.ArgumentParser) -> Command:
    options, file, choices = [], False, tuple[str, ...]()
    for action in parser._actions:
        if action.option_strings:
            takes = action.nargs != 0
            names = tuple(action.option_strings)
            options.append(Option(names, takes, takes and _is_file(action), _choices(action), action.help or ""))
        else:
            file, choices = file or _is_file(action), choices + _choices(action)
    return Command(name, text, tuple(options), file, choices)


def _is_file(action: argparse.Action) -> bool:
    """By the convention of cli.py: a file is called so."""
    return action.dest == "file" or action.metavar == "FILE"


def _choices(action: argparse.Action) -> tuple[str, ...]:
    return tuple(map(str, action.choices or ()))


def _bash(prog: str, found: tuple[Command, ...]) -> Iterator[str]:
    yield f"_{prog}() {{"
    yield '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" words="" files=""'
    yield "  COMPREPLY=()"
    yield '  if [ "$COMP_CWORD" -eq 1 ]; then'
    yield f"    words={shlex.quote(' '.join(['-h', '--help', *(command.name for command in found)]))}"
    yield "  else"
    yield '    case "${COMP_WORDS[1]} $before" in'
    for command in found:
        for option in command.options:
            if option.takes:
                patterns = "|".join(f'"{command.name} {name}"' for name in option.names)
                yield f"      {patterns}) words={shlex.quote(' '.join(option.choices))} files={'1' * option.file} ;;"
        words = [*command.choices, *(name for option in command.options for name in option.names)]
        yield f'      "{command.name} "*) words={shlex.quote(" ".join(words))} files={"1" * command.file} ;;'
    yield "    esac"
    yield "  fi"
    # compgen gives one match a line, and a file may have spaces in its name.
    yield "  local IFS=$'\\n'"
    yield '  COMPREPLY=($(IFS=" "; compgen -W "$words" -- "$word"))'
    yield '  case "$files$word" in 1-*) ;; 1*) compopt -o filenames 2>/dev/null'
    yield '    COMPREPLY+=($(compgen -f -- "$word")) ;; esac'
    yield "}"
    yield f"complete -F _{prog} {prog}"


def _zsh(prog: str, found: tuple[Command, ...]) -> Iterator[str]:
    yield f"_{prog}() {{"
    yield "  local -a commands"
    yield f"  commands=({' '.join(shlex.quote(f'{command.name}:{command.text}') for command in found)})"
    yield f"  if (( CURRENT == 2 )); then _describe command commands; _arguments {_HELP_ZSH}; return; fi"
    yield '  local command="$words[2]"'
    yield "  shift words; (( CURRENT-- ))"
    yield '  case "$command" in'
    for command in found:
        specs = [_zsh_option(option, name) for option in command.options for name in option.names]
        if command.choices:
            specs.append(f"1:what:({' '.join(command.choices)})")
        if command.file:
            specs.append("1:file:_files")
        yield f"    {command.name}) _arguments {' '.join(map(shlex.quote, specs))} ;;"
    yield "  esac"
    yield "}"
    yield f"compdef _{prog} {prog}"


_HELP_ZSH: Final = "'-h[show this help]' '--help[show this help]'"


def _zsh_option(option: Option, name: str) -> str:
    text = option.text.translate(str.maketrans("[]:", "(),"))
    spec = f"{name}[{text}]"
    if not option.takes:
        return spec
    what = "_files" if option.file else f"({' '.join(option.choices)})" if option.choices else " "
    return f"{spec}:value:{what}"


def _fish(prog: str, found: tuple[Command, ...]) -> Iterator[str]:
    yield f"complete -c {prog} -f"
    yield f"complete -c {prog} -n __fish_use_subcommand -s h -l help -d 'show this help'"
    for command in found:
        yield f"complete -c {prog} -n __fish_use_subcommand -a {command.name} -d {_fish_text(command.text)}"
    for command in found:
        seen = f"complete -c {prog} -n '__fish_seen_subcommand_from {command.name}'"
        if command.choices:
            yield f"{seen} -a {_fish_text(' '.join(command.choices))}"
        if command.file:
            yield f"{seen} -F"
        for option in command.options:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            after = " -r" * option.takes + " -F" * option.file
            choices = f" -a {_fish_text(' '.join(option.choices))}" if option.choices else ""
            yield f"{seen} {names}{after}{choices} -d {_fish_text(option.text)}"


def _fish_text(text: str) -> str:
    """Between single quotes fish knows two escapes only."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
