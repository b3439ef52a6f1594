# note: a message of no bytes
# ends: sandbox
import os

os.write(PIPE, b"")
os._exit(0)
