# note: a file that stays
# ends: sandbox
from pathlib import Path

Path("/tmp/warble-attack").write_text("here")
