"""Owns the sandbox's share of a search: what a case does in process it must do in a sandbox too.

jobs.py and the command ask for it with --sandbox. One sandbox and one event loop serve a whole process, which is not to
fork afterwards; warble.sandbox is imported only then.
"""

from __future__ import annotations

import asyncio
import zlib

from tests.warble.fuzz import checks
from tests.warble.fuzz.case import USER, Case
from tests.warble.fuzz.checks import Finding
from warble import Outcome, run
from warble.run import Store

#: One case in so many also goes through the sandbox: a process for each costs more than all the other checks.
_SHARE = 4
#: Seconds for one case, its place in the queue included; the sandbox's own clock rings long before.
_PATIENCE = 60.0


class Cage:
    """Looks at a case as checks.look() does, and then in the sandbox. every: one case in so many."""

    def __init__(self, every: int = _SHARE) -> None:
        from warble.sandbox import Sandbox

        self.every = every
        self.runner = asyncio.Runner()
        self.box = Sandbox(workers=1, queue=4)
        self.runner.run(self.box.__aenter__())

    def close(self) -> None:
        self.runner.run(self.box.__aexit__(None, None, None))
        self.runner.close()

    def __call__(self, case: Case) -> Finding | None:
        finding = checks.look(case)
        if finding is None and zlib.crc32(case.source.encode(errors="surrogatepass")) % self.every == 0:
            try:
                return self.compare(case)
            except Exception as error:  # noqa: BLE001 - Busy, Broken, or whatever it is
                return checks.crash(error)
        return finding

    def compare(self, case: Case) -> Finding | None:
        one, two = _kept(case), _kept(case)
        here = run(case.source, user=USER, store=one[0], data=one[1], limits=case.limits)
        there = self.runner.run(self._run(case, *two))
        if there.error is not None and there.error.kind == "limit:time":  # a busy machine; not twice
            two = _kept(case)
            there = self.runner.run(self._run(case, *two))
        if repr((here, one)) == repr((there, two)):
            return None
        return Finding("sandbox", f"here:  {here} {one}\nthere: {there} {two}")

    async def _run(self, case: Case, store: Store, data: dict[str, int | float | str]) -> Outcome:
        async with asyncio.timeout(_PATIENCE):
            return await self.box.run(case.source, user=USER, store=store, data=data, limits=case.limits)


def _kept(case: Case) -> tuple[Store, dict[str, int | float | str]]:
    return {USER: dict(case.saved)}, dict(case.data)
