"""The numbers of system calls, against the kernel's own headers."""

import os
import struct
from types import SimpleNamespace

import pytest

from tests.warble.cage import headers
from warble.cage.syscalls import ARCHITECTURES, architecture


@pytest.mark.parametrize("machine", ARCHITECTURES.values(), ids=lambda machine: machine.name)
def test_every_number_is_that_of_the_kernels_header(machine):
    theirs = headers.numbers(machine.name)
    if theirs is None:
        pytest.skip(f"no kernel headers for {machine.name} here; headers.py names the packages that have them")
    assert len(theirs) > 250
    assert machine.numbers == {call: theirs.get(call) for call in machine.numbers}


@pytest.mark.parametrize("machine", ARCHITECTURES.values(), ids=lambda machine: machine.name)
def test_no_number_stands_for_two_calls(machine):
    assert len(set(machine.numbers.values())) == len(machine.numbers)


@pytest.mark.parametrize(
    ("machine", "bits", "name"),
    [
        ("x86_64", 64, "x86_64"),
        ("aarch64", 64, "aarch64"),
        ("armv7l", 32, "arm"),
        ("armv6l", 32, "arm"),
        ("aarch64", 32, "arm"),  # a 32-bit system under the 64-bit kernel that a Pi boots
        ("armv8l", 32, "arm"),
        ("x86_64", 32, ""),
        ("riscv64", 64, ""),
        ("aarch64_be", 64, ""),
    ],
)
def test_the_call_table_is_that_of_the_process_and_not_of_the_kernel(monkeypatch, machine, bits, name):
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=machine))
    monkeypatch.setattr(struct, "calcsize", lambda _: bits // 8)
    assert architecture() == name
