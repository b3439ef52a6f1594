# note: another program beside it
# ends: sandbox
import os

os.posix_spawn("/bin/sh", ["sh", "-c", "id > /tmp/warble-attack"], {})
