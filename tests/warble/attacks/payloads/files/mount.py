# note: another tree in place of this one
# ends: sandbox
from ctypes import CDLL

if CDLL(None).mount(b"none", b"/tmp", b"tmpfs", 0, None) != 0:
    raise OSError("refused")
