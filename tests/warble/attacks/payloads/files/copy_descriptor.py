# note: the result's pipe under another number
# ends: sandbox
import os

os.dup(PIPE)
