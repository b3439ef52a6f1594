# note: a lock that nobody opens
# ends: limit:time
import _thread

lock = _thread.allocate_lock()
lock.acquire()
lock.acquire()
