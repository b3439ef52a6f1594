# note: the memory shrinks under the host's feet
# ends: sandbox
import os

for number in range(3, 64):
    os.ftruncate(number, 0)
