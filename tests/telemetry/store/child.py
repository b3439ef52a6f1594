"""A process that writes and says what was acknowledged, until it is killed: `python -m ...child FILE SEED FIRST`.

It prints a line after each operation has returned: `put N` (entries k0..k4 with seen_ms N), `forget N`, `save N`.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from telemetry.store.base import Entry
from telemetry.store.sqlite import SQLiteSpool


def main() -> None:
    store = SQLiteSpool(Path(sys.argv[1]), checkpoint_batches=5, keep_ms=50)
    rng = random.Random(sys.argv[2])
    n = int(sys.argv[3])
    while True:
        n += 1
        what = rng.choices(("put", "forget", "save"), (20, 1, 2))[0]
        if what == "put":
            store.append([Entry(f"k{k}", n, n, b'{"n":%d}' % n) for k in range(5)])
        elif what == "forget":
            store.forget()
        else:
            store.save("number", b"%d" % n)
        print(what, n, flush=True)


if __name__ == "__main__":
    main()
