# note: a link that stays
# ends: sandbox
import os

os.symlink("/etc/passwd", "/tmp/warble-attack")
