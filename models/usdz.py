"""A scene as a USDZ: a zip in which nothing is packed and every file begins at a multiple of 64 bytes.

The first file is the layer that readers open. Times are those of 1980, so the same scene gives the same bytes.
Called by build.py.
"""

from __future__ import annotations

from io import BytesIO
from struct import pack
from zipfile import ZIP_STORED, ZipFile, ZipInfo

ALIGN = 64
_HEADER = 30  # bytes of a zip's local header before the name
_PADDING = 0x1986  # the id that USD's own packer gives to the filler


def usdz(files: dict[str, bytes]) -> bytes:
    """The package; `files` in their order, the layer first."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for name, data in files.items():
            info = ZipInfo(name)
            info.external_attr = 0o644 << 16
            at = packed.tell() + _HEADER + len(name.encode())
            filler = -at % ALIGN
            if 0 < filler < 4:  # a filler has a header of four bytes itself
                filler += ALIGN
            info.extra = pack("<HH", _PADDING, filler - 4) + bytes(filler - 4) if filler else b""
            archive.writestr(info, data)
    return packed.getvalue()
