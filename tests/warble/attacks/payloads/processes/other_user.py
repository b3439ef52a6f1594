# note: becoming root
# ends: sandbox
import os

os.setuid(0)
