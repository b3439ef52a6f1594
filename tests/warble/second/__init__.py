"""A second reading of SPEC.md: text to tree once more, by hand, without lark and without a regular expression.

It shares the nodes of warble.tree with the first one and nothing else, so where both agree on a program it is the page
that they agree with. test_second.py and the fuzzer hold the two against each other; nothing else calls it.

    words.py    characters -> one word at a time        parser.py    words -> tree
"""

from tests.warble.second.parser import parse
from tests.warble.second.words import Mistake

__all__ = ["Mistake", "parse"]
