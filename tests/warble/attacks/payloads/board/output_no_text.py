# note: output that is no UTF-8
# ends: sandbox
import os
import struct

board.map[16:20] = b"\xff\xfe\xc0\x80"
struct.pack_into("<I", board.map, 4, 4)
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
