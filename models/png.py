"""Grey pictures as PNG. Called by anchor.py and the tests.

PNG   signature | IHDR: u32 width, u32 height, 8 bits, grey, 0, 0, 0 | IDAT: zlib of (filter 0, row)* | IEND
      a chunk is u32 length | name | data | u32 crc of name and data          (all big-endian)
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from struct import pack

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def grey_png(rows: Sequence[bytes]) -> bytes:
    """`rows` from the top, a byte a pixel (0 is black), all of one length."""
    header = pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data))
