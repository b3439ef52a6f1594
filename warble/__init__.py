"""Warble: a language small enough for a tweet, run as data in, data out. SPEC.md says all of it.

>>> import warble
>>> warble.run('{PRINT("hello cluster")}').stdout
'hello cluster\\n'
"""

from warble.errors import KINDS, Fault, WarbleError
from warble.limits import Limits
from warble.run import Outcome, run

__all__ = ["KINDS", "Fault", "Limits", "Outcome", "WarbleError", "run"]
