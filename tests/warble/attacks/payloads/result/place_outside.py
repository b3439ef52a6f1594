# note: an error far behind the end of the program
# ends: sandbox
import os

os.write(PIPE, Ending(WarbleError("syntax", "Here.", 0, 10**9), 0).encode())
os._exit(0)
