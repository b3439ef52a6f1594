# note: a message of noise
# ends: sandbox
import os

os.write(PIPE, bytes(range(256)) * 4)
os._exit(0)
