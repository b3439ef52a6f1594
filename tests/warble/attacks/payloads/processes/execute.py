# note: another program in the worker's place
# ends: sandbox
import os

os.execv("/bin/sh", ["sh", "-c", "id > /tmp/warble-attack"])
