"""When a node is online, late or lost, from its age alone.

    online --age > late_after periods--> late --age > lost_after periods--> lost
       ^------------------------ a report ---------------------------------'

`unknown` is a node restored from disk that has not spoken in this life: it never counts as online, and turns lost by
the same clock. A node that was only born or registered is unknown too, and has no age to be lost by. `rebooting` said
goodbye and gets `REBOOT_GRACE_MS` before it is lost.
A closed agent socket (its will) makes a node lost at once; that is live.py's event, not this clock's.
"""

from __future__ import annotations

import numpy as np

from twin.core.changes import Rows
from twin.core.columns import LATE, LOST, NEVER_MS, ONLINE, REBOOTING, U8, UNKNOWN, Columns

REBOOT_GRACE_MS = 120_000  # a network-booted Pi takes about a minute; twice that is a failure


def status_by_age(columns: Columns, now_ms: int, late_after: float, lost_after: float) -> tuple[Rows, U8]:
    """The rows whose status must change at `now_ms`, and their new statuses. Limits are in report periods."""
    count = columns.count
    status = columns.status[:count]
    age_ms = now_ms - columns.received_ms[:count]
    period_ms = columns.period_ms[:count]
    late = age_ms > late_after * period_ms
    lost = age_ms > lost_after * period_ms
    new = status.copy()
    new[(status == ONLINE) & late] = LATE
    new[((status == ONLINE) | (status == LATE)) & lost] = LOST
    # A newborn has no age: it stays unknown until it speaks, or until its connection dies.
    new[(status == UNKNOWN) & (columns.received_ms[:count] != NEVER_MS) & lost] = LOST
    new[(status == REBOOTING) & (age_ms > REBOOT_GRACE_MS)] = LOST
    rows = np.flatnonzero(new != status)
    return rows, new[rows]
