# note: a result with more behind it
# ends: sandbox
import os

os.write(PIPE, Ending(None, 1).encode() + b"more")
os._exit(0)
