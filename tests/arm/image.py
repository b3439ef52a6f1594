"""Owns the guest's file system: one cpio archive, which the kernel unpacks into memory and starts /init of.

The archive is written as it is read: nothing is unpacked here, so no rights are needed for owners and devices.
"""

from __future__ import annotations

import io
import stat
import subprocess
import tarfile
from importlib import metadata
from pathlib import Path
from typing import BinaryIO, Final

#: What nothing here reads: 100 MB that would lie in the guest's memory.
_LEFT_OUT: Final = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/i18n", "usr/lib/modules", "boot")
#: Debian's folders that are links into usr since all of Debian moved there.
_MERGED: Final = ("bin", "sbin", "lib")
_FOLDER: Final = stat.S_IFDIR | 0o755
_TRAILER: Final = "TRAILER!!!"


class Image:
    """An archive in cpio's "newc" format, open for writing. The last word on a path wins when the kernel unpacks it."""

    def __init__(self, to: BinaryIO) -> None:
        self._to = to
        self._number = 0
        self._folders = {"", "."}
        for name in _MERGED:
            self.add(f"usr/{name}", _FOLDER)
            self.add(name, stat.S_IFLNK | 0o777, f"usr/{name}".encode())

    def add(self, path: str, mode: int, content: bytes = b"") -> None:
        """A file, folder or link of root's; the folders above it come by themselves."""
        if path in self._folders and stat.S_ISDIR(mode):
            return
        above = path.rpartition("/")[0]
        if above not in self._folders:
            self.add(above, _FOLDER)
        if stat.S_ISDIR(mode):
            self._folders.add(path)
        self._write(path, mode, content)

    def deb(self, package: Path) -> None:
        """What a Debian package brings. Its scripts are not run."""
        command = ["dpkg-deb", "--fsys-tarfile", str(package)]
        unpacked = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout
        with tarfile.open(fileobj=io.BytesIO(unpacked)) as archive:
            for member in archive:
                path = _merged(member.name)
                if not path.startswith(_LEFT_OUT):
                    self._member(archive, member, path)

    def tree(self, source: Path, path: str, suffixes: tuple[str, ...] = ("",)) -> None:
        """The files of a folder that end so, but for what other runs left there."""
        for file in sorted(source.rglob("*")):
            left = {"__pycache__", "node_modules"} & set(file.parts)
            if file.is_file() and not left and file.name.endswith(suffixes):
                self.file(file, f"{path}/{file.relative_to(source)}")

    def file(self, source: Path, path: str) -> None:
        self.add(path, stat.S_IFREG | 0o644, source.read_bytes())

    def distribution(self, name: str, path: str) -> None:
        """A pure Python package as it is installed beside this Python."""
        for file in metadata.files(name) or ():
            if file.suffix == ".so":
                raise SystemExit(f"{name} has machine code of this machine ({file}), so the guest cannot have it")
            if ".." not in file.parts and "__pycache__" not in file.parts:
                self.file(Path(str(file.locate())), f"{path}/{file}")

    def close(self) -> None:
        self._write(_TRAILER, 0, b"")

    def _member(self, archive: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        if member.isdir():
            self.add(path, _FOLDER)
        elif member.issym():
            self.add(path, stat.S_IFLNK | 0o777, member.linkname.encode())
        elif content := archive.extractfile(member):  # a file, or a second name of one
            self.add(path, stat.S_IFREG | member.mode, content.read())

    def _write(self, path: str, mode: int, content: bytes) -> None:
        # "070701", then of 8 hex digits each: number mode uid gid links time size device (2) of-device (2)
        # name-size 0, the name and a zero byte, the content; name and content each end at a multiple of 4
        self._number += 1
        name = path.encode() + b"\0"
        words = (self._number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
        head = b"070701" + b"".join(b"%08X" % word for word in words) + name
        self._to.write(head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4))


def _merged(name: str) -> str:
    path = name.removeprefix("./").rstrip("/")
    return f"usr/{path}" if path.split("/")[0] in _MERGED else path
