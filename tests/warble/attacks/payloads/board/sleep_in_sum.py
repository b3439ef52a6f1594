# note: sleeps that are too long in sum
# ends: sandbox
import os
import struct

raw = struct.pack("<Bd", 2, 299.0) * 2
begin = 16 + board.output
board.map[begin : begin + len(raw)] = raw
struct.pack_into("<I", board.map, 8, len(raw))
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
