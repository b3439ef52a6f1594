# note: being readable to others again
# ends: sandbox
from ctypes import CDLL

PR_SET_DUMPABLE = 4
if CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0:
    raise OSError("refused")
