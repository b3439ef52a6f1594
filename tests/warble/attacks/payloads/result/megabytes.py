# note: more than a result ever is
# ends: sandbox
import os

while True:
    os.write(PIPE, b"\0" * 65536)
