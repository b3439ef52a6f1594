# note: an effect nobody knows
# ends: sandbox
import os
import struct

raw = b"\xc8\0\0\0"
begin = 16 + board.output
board.map[begin : begin + len(raw)] = raw
struct.pack_into("<I", board.map, 8, len(raw))
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
