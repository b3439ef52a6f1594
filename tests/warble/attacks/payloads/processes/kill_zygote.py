# note: the process it was forked from
# ends: sandbox
import os
import signal

os.kill(1, signal.SIGKILL)
os.kill(os.getppid(), signal.SIGKILL)
