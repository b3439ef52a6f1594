"""The error tree of this package. Raised while a cluster file is read; the `twin` command shows the message.

    ModelError                code, message, retry (never: a file does not mend itself)
      LayoutError             + file, key: a cluster file that cannot be used, and which value is to blame

Codes of LayoutError: not_found, unreadable, bad_toml (the file); missing_key, unknown_key, wrong_type,
out_of_range, duplicate, does_not_fit (a key).
"""

from __future__ import annotations


class ModelError(Exception):
    """`code` is for programs, `message` for people."""

    retry = False

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class LayoutError(ModelError):
    """A cluster file that cannot be used. `key` leads to the value ("rack[2].bank[0].top_unit"), or is ""."""

    def __init__(self, code: str, file: str, key: str, what: str) -> None:
        super().__init__(code, f"{file}: {key}: {what}" if key else f"{file}: {what}")
        self.file = file
        self.key = key
