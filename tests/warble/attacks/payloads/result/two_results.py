# note: two messages
# ends: sandbox fine
import os

os.write(PIPE, Ending(None, 1).encode())
os.write(PIPE, Ending(None, 2).encode())
os._exit(0)
