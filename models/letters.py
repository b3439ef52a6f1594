"""Letters of five by five cells, as strips of light: what is written on a housing. Called by housing.py."""

from __future__ import annotations

from models.shape import Shape

CELLS = 5
GAP = 1  # cells between two letters

# A row a byte, from the top; the highest of five bits is the left cell.
_GLYPHS = {
    "A": "0E111F1111", "B": "1E111E111E", "C": "0F1010100F", "D": "1E1111111E", "E": "1F101E101F", "F": "1F101E1010",
    "G": "0F1013110F", "H": "11111F1111", "I": "0E0404040E", "J": "070202120C", "K": "11121C1211",
    "L": "101010101F", "M": "111B151111", "N": "1119151311", "O": "0E1111110E", "P": "1E111E1010", "Q": "0E1115120D",
    "R": "1E111E1211", "S": "0F100E011E", "T": "1F04040404", "U": "111111110E", "V": "11110A0A04", "W": "1111151B11",
    "X": "110A040A11", "Y": "110A040404", "Z": "1F0204081F", "0": "0E1315190E", "1": "040C04040E", "2": "1E010E101F",
    "3": "1E010E011E", "4": "02060A1F02", "5": "1F101E011E", "6": "0F101E110E", "7": "1F02040404", "8": "0E110E110E",
    "9": "0E110F011E", "-": "00000E0000", ".": "0000000004", "&": "0C120C130D", "+": "00040E0400", " ": "0000000000",
}  # fmt: skip
_UNKNOWN = "1F1111111F"


def write(text: str, width: float, height: float) -> Shape:
    """A line of text about the origin, facing +z, as large as fits `width` and `height`."""
    rows = [_row(text.upper(), row) for row in range(CELLS)]
    across = len(rows[0])
    cell = min(width / across, height / CELLS)
    shape = Shape()
    for number, row in enumerate(rows):
        y = (CELLS / 2 - number - 0.5) * cell
        for start, end in _strips(row):
            low, high = ((edge - across / 2) * cell for edge in (start, end))
            shape.box("letter", ((low + high) / 2, y, 0.0), (high - low, cell, 0.0), "f")
    return shape


def _row(text: str, row: int) -> str:
    return ("0" * GAP).join(f"{int(_GLYPHS.get(one, _UNKNOWN)[2 * row : 2 * row + 2], 16):05b}" for one in text)


def _strips(row: str) -> list[tuple[int, int]]:
    """(first, end) of every run of lit cells."""
    edges = [i for i in range(len(row) + 1) if f"0{row}0"[i] != f"0{row}0"[i + 1]]
    return list(zip(edges[::2], edges[1::2], strict=True))
