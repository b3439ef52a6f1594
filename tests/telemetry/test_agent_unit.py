"""The systemd unit on the install page: systemd itself reads it, and it starts what there is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "docs" / "systemd" / "twin-agent.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    command = "ExecStart=/opt/twin/bin/twin agent"
    assert command in UNIT.read_text()
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text().replace(command, "ExecStart=/bin/true agent"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(here)], capture_output=True, text=True, timeout=60, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (complaints, done.returncode) == ([], 0), done.stderr
