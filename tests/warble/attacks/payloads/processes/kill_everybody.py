# note: all processes it may signal
# ends: sandbox
import os
import signal

os.kill(-1, signal.SIGKILL)
