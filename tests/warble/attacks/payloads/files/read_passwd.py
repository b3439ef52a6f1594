# note: the file everybody tries first
# ends: sandbox
from pathlib import Path

board.printed(Path("/etc/passwd").read_text()[:100])
