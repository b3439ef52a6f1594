# note: what the old implementation did with every tweet
# ends: sandbox
import os

os.system("id > /tmp/warble-attack")
