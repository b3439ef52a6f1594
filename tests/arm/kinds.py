"""Owns which machines there are: what is emulated, whose kernel it boots, for which machine its programs are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_VIRT: Final = ("-M", "virt", "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio")
#: One instruction is a nanosecond of the guest's clock, however slow the emulation: a core of 1 GHz, and the limits of
#: time mean there what they mean on such a core. A guest that has nothing to do does not wait either.
_CLOCK: Final = ("-icount", "shift=0,sleep=off")
_WIDE: Final = ("qemu-system-aarch64", *_VIRT, *_CLOCK, "-cpu", "cortex-a72", "-smp", "2", "-m", "2048")
#: A single core: with that clock the emulation takes turns between cores, and a 32-bit kernel's boot waits for a turn
#: that does not come.
_NARROW: Final = ("qemu-system-arm", *_VIRT, *_CLOCK, "-cpu", "cortex-a7", "-smp", "1", "-m", "1024")


@dataclass(frozen=True, slots=True)
class Kind:
    """programs and kernel_for are Debian's names of architectures, kernel is the package that depends on the kernel."""

    about: str
    programs: str
    kernel_for: str
    kernel: str
    qemu: tuple[str, ...]


KINDS: Final = {
    "arm64": Kind("a 64-bit kernel and 64-bit programs", "arm64", "arm64", "linux-image-arm64", _WIDE),
    "armhf": Kind("a 32-bit kernel and 32-bit programs", "armhf", "armhf", "linux-image-armmp", _NARROW),
    "mixed": Kind("a 64-bit kernel and 32-bit programs, as on many Pis", "armhf", "arm64", "linux-image-arm64", _WIDE),
}
