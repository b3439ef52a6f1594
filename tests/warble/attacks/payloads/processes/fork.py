# note: a child would outlive the run
# ends: sandbox
import os

if os.fork() == 0:
    while True:
        pass
