# note: the board changes while the host reads it
# ends: fine limit:time sandbox
import os
import struct

os.write(PIPE, Ending(None, 1).encode())
while True:
    struct.pack_into("<I", board.map, 4, 0xFFFFFFFF)
    struct.pack_into("<I", board.map, 4, 0)
