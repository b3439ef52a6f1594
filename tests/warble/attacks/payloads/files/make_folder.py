# note: a folder that stays
# ends: sandbox
import os

os.mkdir("/tmp/warble-attack")
