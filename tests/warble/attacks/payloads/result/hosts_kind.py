# note: an error that only the host may give
# ends: sandbox
import os

os.write(PIPE, Ending(WarbleError("sandbox", "All is well.", 0, 0), 0).encode())
os._exit(0)
