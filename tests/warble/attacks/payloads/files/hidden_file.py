# note: memory that is a file, to execute later
# ends: sandbox
import os

os.memfd_create("warble-attack")
