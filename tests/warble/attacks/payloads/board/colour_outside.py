# note: a colour that is none
# ends: sandbox
import os
import struct

raw = struct.pack("<B4i", 1, 0, 256, -1, 0)
begin = 16 + board.output
board.map[begin : begin + len(raw)] = raw
struct.pack_into("<I", board.map, 8, len(raw))
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
