# note: more fuel than there was
# ends: sandbox
import os

os.write(PIPE, Ending(None, job.limits.fuel + 1).encode())
os._exit(0)
