"""The markers.json that holds here, as the design has it: what `twin markers` printed and kept, or what it would print.

Owns where it comes from; where the markers truly hang is survey_api.py's. Called by markers_api.py and survey_api.py.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from pathlib import Path

from aiohttp import web

from models.errors import MarkerError
from models.layout import Layout
from models.markers import data
from models.markers.place import markers
from models.markers.symbol import origin_of
from twin.core.errors import BadInput, TwinError

MOST_ORIGINS = 8  # addresses of this server whose markers are remembered


class MarkerFile:
    """`data_dir`: the twin's own, in which `twin markers` keeps what it printed."""

    def __init__(self, layout: Layout, data_dir: Path) -> None:
        self._layout = layout
        self._kept = data_dir / data.FOLDER / data.FILE
        self._made = lru_cache(MOST_ORIGINS)(self._make)

    async def of(self, request: web.Request) -> bytes:
        """The file for the address that was asked. Raises TwinError (bad_file, unreadable) or BadInput (too_long)."""
        origin = f"{request.scheme}://{request.host}"
        try:
            return await asyncio.to_thread(self._known, origin)
        except MarkerError as error:
            if error.code in ("bad_file", "unreadable"):
                raise TwinError(error.message, code=error.code) from error
            raise BadInput(error.message, code=error.code) from error

    def _known(self, origin: str) -> bytes:
        kept = data.read(self._kept)
        return self._made(origin) if kept is None else kept

    def _make(self, origin: str) -> bytes:
        origin = origin_of(origin)
        return data.encode(self._layout, markers(self._layout, origin), origin)
