# note: a message that is no text
# ends: sandbox
import os

os.write(PIPE, Ending(WarbleError("syntax", "x", 0, 0), 0).encode()[:-1] + b"\xff")
os._exit(0)
