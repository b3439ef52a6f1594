"""The cage exists on Linux only; elsewhere its tests say so, but for those of pure code."""

import sys

import pytest

#: Tests of tables, assembler and filters, which need no kernel.
_PURE = {"test_bpf", "test_filters", "test_syscalls", "test_elsewhere"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        here = item.path.parent.name == "cage" and item.path.stem not in _PURE
        if here and sys.platform != "linux":
            item.add_marker(pytest.mark.skip(reason="the cage needs Linux"))
