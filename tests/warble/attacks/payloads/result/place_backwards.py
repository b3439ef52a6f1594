# note: an error that ends before it starts
# ends: sandbox
import os

os.write(PIPE, Ending(WarbleError("syntax", "Here.", 2, 1), 0).encode())
os._exit(0)
