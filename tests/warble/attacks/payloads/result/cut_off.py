# note: half a message
# ends: sandbox
import os

os.write(PIPE, bytes(5))
os._exit(0)
