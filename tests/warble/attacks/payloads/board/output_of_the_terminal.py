# note: output with control characters
# ends: sandbox
import os

board.printed("\x1b[2J\x07\x00")
os.write(PIPE, Ending(None, 1).encode())
os._exit(0)
