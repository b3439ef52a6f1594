# note: a message that clears the reader's screen
# ends: sandbox
import os

os.write(PIPE, Ending(WarbleError("syntax", "\x1b[2J", 0, 0), 0).encode())
os._exit(0)
