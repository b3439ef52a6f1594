"""What the edges may ask of the one writer of live state. `twin.service.Service` is it."""

from __future__ import annotations

from typing import Protocol


class Writer(Protocol):
    """Each call is an event: the writer changes the state, the next tick tells everyone."""

    def birth(self, mac: str, ip: str, switch_ip: str, port: int, period_ms: int) -> None:
        """An agent introduced itself."""

    def will(self, mac: str) -> None:
        """An agent's connection died."""

    def goodbye(self, mac: str, *, reboot: bool) -> None:
        """An agent said that it goes."""

    def bind(self, ip: str, switch_ip: str, port: int) -> None:
        """A Pi with this address is at that place."""

    def paint(self, switch_ip: str, port: int, rgb: tuple[int, int, int]) -> bool:
        """Colour the node at a place. False when nobody is there."""

    async def forget(self) -> None:
        """Forget every node: a new epoch."""

    async def save_document(self, name: str, body: bytes) -> None:
        """Put a small named document on the disk."""
