# note: a saved integer of 2,000 digits
# ends: sandbox
import os
import struct

raw = b"\x06" + struct.pack("<I", 1) + b"a" + b"\x00" + struct.pack("<I", 900) + bytes(899) + b"\x01"
begin = 16 + board.output
board.map[begin : begin + len(raw)] = raw
struct.pack_into("<I", board.map, 8, len(raw))
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
