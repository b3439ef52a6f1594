# note: an error nobody knows
# ends: sandbox
import os
import struct

os.write(PIPE, struct.pack("<QIIB", 0, 0, 0, 200) + b"boo.")
os._exit(0)
