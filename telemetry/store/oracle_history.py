"""What the database knows of the past: rows of the last days in twin_telemetry, older ones in chunks, and minutes.

Owns the questions of the contract that are about rows, each in one connection's hands; oracle.py lends it. A row is in
the table or in a chunk, never in both; what retention has passed is left out here, whenever it is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import oracledb

from telemetry.store import buckets, chunks, minutes
from telemetry.store.base import StoreCorrupt
from telemetry.store.buckets import Window
from telemetry.store.chunks import Damaged
from telemetry.store.contract import Extent, Page
from telemetry.store.horizons import Horizons
from telemetry.store.minutes import Minutes
from telemetry.store.oracle_rows import (
    BANK,
    HOUR_MS,
    Nodes,
    fetched,
    newest_first,
    newest_of_each,
    query,
    together,
)
from telemetry.store.rows import UNKNOWN_MS, Aggregate, Event, Fleet, Rows, Series, identity

_EVER: Final = 2**53
#: How far back a fleet is looked for, in steps: nearly every node has reported in the last minute.
_STEPS_MS: Final = (60_000, 600_000, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS, _EVER)
#: A row may be seen later than it was shown only when the server's clock was set back in between.
_SET_BACK_MS: Final = HOUR_MS


class History:
    """Questions to one connection."""

    def __init__(self, connection: oracledb.AsyncConnection, nodes: Nodes, horizons: Horizons) -> None:
        self._connection = connection
        self._nodes = nodes
        self._horizons = horizons

    async def latest(self) -> Rows:
        """See contract.Store."""
        rows = fetched(await self._query("latest", from_ms=max(0, self._horizons.raw_ms)))
        order = np.lexsort((identity(rows.seen_ms, rows.node_ms), rows.received_ms, rows.seen_ms))
        return self._nodes.with_keys(rows.take(order))

    async def fleet(self, at_ms: int) -> Fleet:
        """See contract.Store."""
        newest = fetched(await self._query("latest", from_ms=max(0, self._horizons.raw_ms)))
        # A node that has said nothing since needs no search.
        silent = newest.take((newest.shown_ms >= 0) & (newest.shown_ms <= at_ms))
        wanted = {node for node, first in self._nodes.first_ms.items() if first <= at_ms + _SET_BACK_MS}
        wanted -= set(silent.node.tolist())
        parts, end_ms = [silent], at_ms + _SET_BACK_MS
        for step_ms in _STEPS_MS:
            if not wanted or end_ms <= self._horizons.raw_ms:
                break
            start_ms = max(at_ms - step_ms, self._horizons.raw_ms, 0)
            for part in await self._newest_shown(start_ms, end_ms, at_ms):
                part = part.take(np.isin(part.node, list(wanted)))
                parts.append(part)
            wanted -= {node for part in parts for node in part.node.tolist()}
            if start_ms in (0, self._horizons.raw_ms):
                break
            end_ms = start_ms
        rows = self._nodes.with_keys(newest_of_each(together(parts)))
        by_key = np.argsort(np.array(rows.keys or ("",))[rows.node]) if len(rows) else np.arange(0)
        status: dict[str, str] = {}
        light: dict[str, tuple[int, int, int]] = {}
        who: dict[str, str] = {}
        for key, kind, told in await self._query("events_last", at_ms=at_ms):
            if kind == "identity":
                who[key or ""] = told
            elif kind == "status":
                status[key or ""] = json.loads(told)
            else:
                light[key or ""] = tuple(json.loads(told))
        return Fleet(at_ms, rows.take(by_key), status, light, who)

    async def node(self, key: str, start_ms: int, end_ms: int, points: int) -> Series:
        """See contract.Store."""
        width = buckets.width(start_ms, end_ms, points)
        number = self._nodes.number.get(key)
        if number is None or end_ms <= start_ms:
            return buckets.series([minutes.none()], start_ms, width)
        raw_ms = self._horizons.raw_ms
        low, high = max(start_ms, raw_ms), end_ms
        parts = [buckets.at_its_time(await self._rows(low, high, number, number))]
        if start_ms < raw_ms:
            last = min(end_ms, raw_ms)
            old = await self._minutes(max(start_ms, self._horizons.all_ms), last, number, number)
            parts.append(old.take(old.node == number))
        return buckets.series(parts, start_ms, width)

    async def rest(self, key: str, at_ms: int) -> tuple[int, bytes] | None:
        """See contract.Store."""
        number = self._nodes.number.get(key)
        if number is None:
            return None
        row = await self._newest_of(number, at_ms)
        if not len(row) or row.seen_ms[0] < self._horizons.rest_ms:
            return None
        seen_ms = int(row.seen_ms[0])
        for rows_body, rest_body in await self._query("rest_near", seen_ms=seen_ms):
            rows = _unpacked(rows_body, "twin_rest")
            same = (rows.seen_ms == seen_ms) & (rows.received_ms == row.received_ms[0])
            same &= rows.node_ms == row.node_ms[0]
            same &= np.array([each == key for each in rows.keys])[rows.node] if len(rows) else same
            if same.any():
                other = chunks.unpack_rest(rest_body)[int(np.flatnonzero(same)[0])]
                return (seen_ms, other) if other else None
        return None

    async def aggregate(self, groups: Mapping[str, Sequence[str]], window: Window) -> Aggregate:
        """See contract.Store. The database adds up its rows; chunks have minutes."""
        members = [
            (place, self._nodes.number[key])
            for place, keys in enumerate(groups.values())
            for key in dict.fromkeys(keys)
            if key in self._nodes.number
        ]
        start_ms = max(window.start_ms, self._horizons.all_ms)
        if not members or window.end_ms <= start_ms:
            return buckets.grid(tuple(groups), minutes.none(), window)
        found = await self._query(
            "groups_by_step",
            members=json.dumps(members),
            start_ms=start_ms,
            end_ms=window.end_ms,
            step_ms=minutes.MINUTE_MS if start_ms > window.start_ms else window.step_ms,
        )
        step = minutes.MINUTE_MS if start_ms > window.start_ms else window.step_ms
        numbers = [number for _, number in members]
        old = await self._packed_minutes(start_ms, window.end_ms, min(numbers), max(numbers))
        old = old.take((old.t_ms >= start_ms) & (old.t_ms < window.end_ms))
        parts = [_grouped(found, start_ms, step), buckets.by_group(old, members)]
        return buckets.grid(tuple(groups), minutes.joined(parts), window)

    async def replay(self, start_ms: int, end_ms: int, limit: int) -> Page:
        """See contract.Store."""
        limit = max(1, limit)
        start_ms = max(0, start_ms)
        parts = [
            rows.take((rows.shown_ms >= start_ms) & (rows.shown_ms < end_ms) & (rows.seen_ms >= self._horizons.raw_ms))
            for rows in await self._chunks(
                "chunks_shown", start_ms=start_ms, end_ms=end_ms, from_ms=self._horizons.raw_ms
            )
        ]
        hot = await self._shown(start_ms, end_ms, limit + 1)
        until_ms = end_ms
        if len(hot) > limit:  # the database stopped there: what was shown together with the last row may be missing
            until_ms = int(hot.shown_ms.max())
            if until_ms == hot.shown_ms.min():
                hot = await self._shown(until_ms, until_ms + 1, _EVER)
                following = await self._shown(until_ms + 1, end_ms, 1)
                until_ms = int(following.shown_ms[0]) if len(following) else end_ms
        rows = together([*parts, hot])
        rows = rows.take(rows.shown_ms < until_ms)
        if len(rows) > limit:
            shown = np.sort(rows.shown_ms)
            later = shown[shown > shown[0]]
            until_ms = max(int(shown[limit]), int(later[0])) if len(later) else until_ms
            rows = rows.take(rows.shown_ms < until_ms)
        rows = self._nodes.with_keys(rows)
        keys = np.array(rows.keys or ("",))[rows.node] if len(rows) else rows.node
        order = np.lexsort((keys, rows.received_ms, rows.seen_ms, rows.shown_ms))
        found = await self._query("events_between", start_ms=max(start_ms, self._horizons.all_ms), end_ms=until_ms)
        events = tuple(Event(at, key or "", kind, told) for at, key, kind, told in found)
        return Page(rows.take(order), events, until_ms)

    async def extent(self) -> Extent:
        """See contract.Store."""
        raw_ms = max(self._horizons.raw_ms, 0)
        parts = [*await self._query("extent_rows", from_ms=raw_ms), *await self._query("extent_chunks", from_ms=raw_ms)]
        for rows in await self._chunks("chunks_cut", from_ms=raw_ms):
            seen = rows.seen_ms[rows.seen_ms >= raw_ms]
            parts.append((int(seen.min()), int(seen.max()), len(seen)))
        some = [part for part in parts if part[2]]
        first_ms = min((part[0] for part in some), default=UNKNOWN_MS)
        last_ms = max((part[1] for part in some), default=UNKNOWN_MS)
        nodes = (await self._query("extent_nodes", from_ms=raw_ms))[0][0]
        size = (await self._query("extent_bytes"))[0][0] or 0
        return Extent(first_ms, last_ms, sum(part[2] for part in some), nodes, size)

    async def _query(self, name: str, **binds: Any) -> list[tuple[Any, ...]]:
        return await query(self._connection, name, **binds)

    async def _rows(self, start_ms: int, end_ms: int, low: int, high: int) -> Rows:
        """Rows of nodes low..high with start <= seen_ms < end, wherever they are."""
        hot = fetched(await self._query("rows_between", start_ms=start_ms, end_ms=end_ms, low_id=low, high_id=high))
        old = await self._chunks("chunks", **_hours(start_ms, end_ms, low, high))
        rows = together([hot, *old])
        inside = (rows.seen_ms >= start_ms) & (rows.seen_ms < end_ms) & (rows.node >= low) & (rows.node <= high)
        return rows.take(inside)

    async def _shown(self, start_ms: int, end_ms: int, most: int) -> Rows:
        found = await self._query(
            "rows_shown", start_ms=start_ms, end_ms=end_ms, from_ms=self._horizons.raw_ms, most=most
        )
        return fetched(found)

    async def _newest_shown(self, start_ms: int, end_ms: int, at_ms: int) -> list[Rows]:
        hot = fetched(await self._query("newest_shown", start_ms=start_ms, end_ms=end_ms, at_ms=at_ms))
        last = max(self._nodes.key, default=0)
        old = []
        for rows in await self._chunks("chunks", **_hours(start_ms, end_ms, 0, last)):
            inside = (rows.seen_ms >= start_ms) & (rows.seen_ms < end_ms)
            old.append(newest_of_each(rows.take(inside & (rows.shown_ms >= 0) & (rows.shown_ms <= at_ms))))
        return [hot, *old]

    async def _newest_of(self, number: int, at_ms: int) -> Rows:
        """The newest row of a node at or before a time; none, or one."""
        from_ms = self._horizons.raw_ms
        best = fetched(await self._query("newest_of", node_id=number, from_ms=from_ms, at_ms=at_ms))
        since = int(best.seen_ms[0]) if len(best) else from_ms
        hours = await self._query("chunk_hours", start_ms=_hour(since), end_ms=at_ms + 1)
        for (hour_ms,) in hours:
            if len(best) and hour_ms + HOUR_MS <= int(best.seen_ms[0]):
                break
            rows = await self._rows(max(hour_ms, from_ms), min(hour_ms + HOUR_MS, at_ms + 1), number, number)
            best = together([best, rows])
            best = best.take(newest_first(best)[:1])
        return best

    async def _chunks(self, name: str, **binds: int) -> list[Rows]:
        return [_unpacked(body, f"chunk {hour} {bank}") for hour, bank, body in await self._query(name, **binds)]

    async def _minutes(self, start_ms: int, end_ms: int, low: int, high: int) -> Minutes:
        """Pairs of nodes low..high, from rows that are not in chunks yet too."""
        hot = fetched(await self._query("rows_between", start_ms=start_ms, end_ms=end_ms, low_id=low, high_id=high))
        old = await self._packed_minutes(start_ms, end_ms, low, high)
        found = minutes.joined([minutes.of_rows(hot), old])
        return found.take((found.t_ms >= start_ms) & (found.t_ms < end_ms))

    async def _packed_minutes(self, start_ms: int, end_ms: int, low: int, high: int) -> Minutes:
        parts = [minutes.none()]
        for hour, bank, body in await self._query("minutes", **_hours(start_ms, end_ms, low, high)):
            try:
                parts.append(minutes.unpack(body))
            except Damaged as error:
                raise StoreCorrupt(f"oracle: twin_minute, hour {hour}, bank {bank}: {error}") from error
        return minutes.joined(parts)


def _hour(at_ms: int) -> int:
    return at_ms // HOUR_MS * HOUR_MS


def _hours(start_ms: int, end_ms: int, low: int, high: int) -> dict[str, int]:
    """The binds that find chunks of nodes low..high."""
    start_ms, end_ms = max(start_ms, -_EVER), min(end_ms, _EVER)
    return {"start_ms": _hour(start_ms), "end_ms": end_ms, "low_bank": low // BANK, "high_bank": high // BANK}


def _unpacked(body: bytes, where: str) -> Rows:
    try:
        return chunks.unpack(body)
    except Damaged as error:
        raise StoreCorrupt(f"oracle: {where}: {error}; delete that row, the rest stays readable") from error


def _grouped(found: Sequence[tuple[Any, ...]], start_ms: int, step_ms: int) -> Minutes:
    """What groups_by_step told, as pairs of groups and times."""
    if not found:
        return minutes.none()
    columns = list(zip(*found, strict=True))
    group, step, count = (np.array(column, np.int64) for column in columns[:3])
    valid, least, total, most = (columns[3 + which :: 4] for which in range(4))
    return Minutes(
        group,
        start_ms + step * step_ms,
        count,
        np.array(valid, np.int64),
        np.array(least, np.float32),
        np.array(most, np.float32),
        np.nan_to_num(np.array(total, np.float64)),
    )
