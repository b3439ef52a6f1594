# note: an address that is not there
# ends: sandbox
import ctypes

ctypes.string_at(0)
