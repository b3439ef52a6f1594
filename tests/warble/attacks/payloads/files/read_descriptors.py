# note: reading whatever is open
# ends: sandbox
import os

for number in range(1024):
    try:
        os.read(number, 100)
    except OSError:
        continue
raise OSError("none gave anything")
