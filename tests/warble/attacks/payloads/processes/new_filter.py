# note: a second filter could make calls look as if they had worked
# ends: sandbox
from ctypes import CDLL

SECCOMP_SET_MODE_FILTER, PR_SET_SECCOMP = 1, 22
if CDLL(None).prctl(PR_SET_SECCOMP, SECCOMP_SET_MODE_FILTER, 0, 0, 0) != 0:
    raise OSError("refused")
