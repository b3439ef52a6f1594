# note: a second thread has no filter of its own to pass
# ends: sandbox
import _thread

_thread.start_new_thread(print, ())
