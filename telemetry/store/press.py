"""zstd, one context a thread and level: a context belongs to one thread, and making one costs more than a chunk."""

from __future__ import annotations

import threading
from typing import Final

import zstandard

#: The level for columns of numbers. Short matches in noise cost more than they save: only those of six bytes count, and
#: the search for the best of them is long. A tenth less than zstd's own level 9 on what nodes report.
NUMBERS: Final = 9
LONGEST = 1 << 31  # bytes unpacked; a damaged length must not take the machine's memory
_own = threading.local()


def compress(data: bytes, level: int) -> bytes:
    made: dict[int, zstandard.ZstdCompressor] = _own.__dict__.setdefault("compressors", {})
    if level not in made:
        made[level] = _compressor(level)
    return made[level].compress(data)


def decompress(data: bytes) -> bytes:
    """Raises ValueError where it is no zstd, or not whole."""
    made: zstandard.ZstdDecompressor | None = _own.__dict__.get("decompressor")
    if made is None:
        made = _own.decompressor = zstandard.ZstdDecompressor()
    try:
        return made.decompress(data, max_output_size=LONGEST)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def _compressor(level: int) -> zstandard.ZstdCompressor:
    if level != NUMBERS:
        return zstandard.ZstdCompressor(level=level)
    how = zstandard.ZstdCompressionParameters.from_level(level, strategy=zstandard.STRATEGY_BTULTRA2, min_match=6)
    return zstandard.ZstdCompressor(compression_params=how)
