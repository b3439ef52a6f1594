# note: a saved value that is text
# ends: sandbox
import os
import struct

raw = b"\x06" + struct.pack("<I", 1) + b"a" + b"\x02" + struct.pack("<I", 6) + b"import"
begin = 16 + board.output
board.map[begin : begin + len(raw)] = raw
struct.pack_into("<I", board.map, 8, len(raw))
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
