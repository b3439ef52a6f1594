# note: time that costs no processor
# ends: sandbox
import time

time.sleep(3600)
