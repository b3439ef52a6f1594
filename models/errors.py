"""The error tree of this package. Raised while a cluster file is read; the `twin` command shows the message.

    ModelError                code, message, retry (never: a file does not mend itself)
      LayoutError             + file, key: a cluster file that cannot be used, and which value is to blame
      MarkerError             markers that cannot be printed, or a file of them that cannot be read

Codes of LayoutError: not_found, unreadable, bad_toml (the file); missing_key, unknown_key, wrong_type,
out_of_range, duplicate, does_not_fit (a key). Codes of MarkerError: bad_url, too_long (the address), out_of_range,
does_not_fit (the size), unreadable, bad_file (markers.json).
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
    """A cluster file that cannot be used. `key` leads to the value ("rack[2].bank[0].top_unit"), or is "".

    `line` counts from 1; it is 0 when the values came without their file, or the file itself is to blame.
    """

    def __init__(self, code: str, file: str, key: str, what: str, line: int = 0) -> None:
        where = f"{file}:{line}" if line else file
        super().__init__(code, f"{where}: {key}: {what}" if key else f"{where}: {what}")
        self.file = file
        self.key = key
        self.what = what
        self.line = line

    def on_line(self, line: int) -> LayoutError:
        """The same, with the line that the key stands on."""
        return LayoutError(self.code, self.file, self.key, self.what, line)


class MarkerError(ModelError):
    """Markers that cannot be printed, or a markers.json that cannot be read."""
