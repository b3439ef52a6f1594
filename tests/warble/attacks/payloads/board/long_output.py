# note: a length beyond the room
# ends: sandbox
import os
import struct

struct.pack_into("<I", board.map, 4, 0xFFFFFFFF)
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
