# note: the timers are set again
# ends: sandbox
import signal

signal.setitimer(signal.ITIMER_VIRTUAL, 3600)
signal.setitimer(signal.ITIMER_PROF, 3600)
while True:
    pass
