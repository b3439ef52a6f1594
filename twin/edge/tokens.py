"""The tokens file: made once, readable by its owner only. Owns reading and making it; rules are core/access.py."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from twin.core.access import Tokens
from twin.core.errors import BadInput

FILE = "tokens.json"


def read_or_make(data_dir: Path, agent: str, operator: str) -> Tokens:
    """The tokens from the settings, completed from `data_dir`/tokens.json, which is made when it is missing.

    Raises BadInput naming the file when it cannot be read, or when both tokens are the same.
    """
    path = data_dir / FILE
    kept: dict[str, str] = {}
    if path.exists():
        try:
            found = json.loads(path.read_text())
            kept = {name: _text(found[name]) for name in ("agent", "operator")}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path} cannot be read as tokens ({error}); remove it and new ones are made") from error
    elif not (agent and operator):
        kept = {"agent": secrets.token_urlsafe(24), "operator": secrets.token_urlsafe(24)}
        _write(path, kept)
    tokens = Tokens(agent or kept.get("agent", ""), operator or kept.get("operator", ""))
    if tokens.agent == tokens.operator:
        raise BadInput("the agent token and the operator token are the same; every Pi would be an operator")
    return tokens


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a token is a text, not a {type(value).__name__}")
    return value


def _write(path: Path, kept: dict[str, str]) -> None:
    """Made with its final mode: there is no moment in which others can read it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(kept, out, indent=1)
    except OSError as error:
        what = f"{path} cannot be written ({error.strerror}); make TWIN_DATA_DIR a folder that can"
        raise BadInput(what, field="TWIN_DATA_DIR") from error
