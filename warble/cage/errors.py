"""Owns what can go wrong in the cage.

Exception
└── CageError      a defence that survey() found could not be put up: the process must end, not go on without it
"""

from __future__ import annotations


class CageError(Exception):
    """The message says which defence, and what the kernel answered."""
