# note: code from a file that was not there before
# ends: sandbox
import importlib

importlib.invalidate_caches()
importlib.import_module("antigravity")
