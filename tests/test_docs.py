"""The docs keep their promises: every link leads somewhere, every error code is in the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GLOBS = ("*.md", "docs/**/*.md", "bench/*.md", "k8s/*.md", "warble/*.md")
PAGES = [page for glob in GLOBS for page in sorted(ROOT.glob(glob))]
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
CODE = re.compile(r'^    code = "(\w+)"|code="(\w+)"', re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_of_the_project(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_error_code_of_the_service_is_explained() -> None:
    explained = (ROOT / "docs" / "operations.md").read_text()
    sources = [*ROOT.glob("twin/**/*.py"), *ROOT.glob("telemetry/store/*.py")]
    codes = {one or other for source in sources for one, other in CODE.findall(source.read_text())}
    assert len(codes) > 12
    assert sorted(code for code in codes if f"`{code}`" not in explained) == []
