# note: reading another process's memory
# ends: sandbox
from ctypes import CDLL

PTRACE_ATTACH = 16
if CDLL(None).ptrace(PTRACE_ATTACH, 1, 0, 0) != 0:
    raise OSError("refused")
