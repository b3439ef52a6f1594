# note: something of somebody else's
# ends: sandbox
import os

os.unlink("/tmp/warble-victim")
