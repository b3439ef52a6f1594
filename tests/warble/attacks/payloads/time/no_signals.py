# note: the timers' signal is ignored
# ends: sandbox
import signal

signal.signal(signal.SIGVTALRM, signal.SIG_IGN)
signal.signal(signal.SIGPROF, signal.SIG_IGN)
while True:
    pass
