# note: what is there
# ends: sandbox
import os

board.printed(" ".join(os.listdir("/")))
