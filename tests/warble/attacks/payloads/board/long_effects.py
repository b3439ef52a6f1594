# note: the same of effects
# ends: sandbox
import os
import struct

struct.pack_into("<I", board.map, 8, 0xFFFFFFFF)
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
