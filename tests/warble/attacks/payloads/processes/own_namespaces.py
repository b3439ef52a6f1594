# note: new rights in a namespace of its own
# ends: sandbox
from ctypes import CDLL

CLONE_NEWUSER = 0x10000000
if CDLL(None).unshare(CLONE_NEWUSER) != 0:
    raise OSError("refused")
