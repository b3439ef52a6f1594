# note: half a message, and then nothing
# ends: sandbox
import os

os.write(PIPE, bytes(5))
while True:
    pass
