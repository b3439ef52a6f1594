# note: calls without end in C
# ends: sandbox limit:time limit:depth limit:memory
import ctypes

CALL = ctypes.CFUNCTYPE(ctypes.c_int)
call = CALL(lambda: call())
list(map(lambda _: call(), range(10**9)))
