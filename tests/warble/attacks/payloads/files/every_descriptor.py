# note: writing into whatever is open
# ends: sandbox
import os

for number in range(1024):
    if number != PIPE:
        try:
            os.write(number, b"warble-attack")
        except OSError:
            continue
raise OSError("none took it")
