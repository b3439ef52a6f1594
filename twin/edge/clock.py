"""The service's clock: wall time that never steps back.

Set once from the wall at start and then carried by the monotonic clock, so that an NTP step can neither make 1050
nodes lost at once nor keep dead ones fresh. Replaced in tests by any callable that returns milliseconds.
"""

from __future__ import annotations

import time


class Clock:
    """Milliseconds since 1970."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now_ms(self) -> int:
        return int((self._offset_s + time.monotonic()) * 1000)
