# note: an end without a word
# ends: sandbox
import os

os._exit(0)
