# note: an end with another code
# ends: sandbox
import os

os._exit(77)
