# note: a worker that stands still takes a place
# ends: sandbox
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
