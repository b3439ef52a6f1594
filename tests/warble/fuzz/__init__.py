"""A search for programs that Warble gets wrong: `python -m tests.warble.fuzz --seconds 120`.

grow.py     programs made from the grammar          edges.py    programs about a limit
bend.py     programs made worse, and plain noise    case.py     one program, its limits, what is saved; from a seed
checks.py   all that must hold for a case           marks.py    what must hold for every Outcome
shrink.py   a failing case made small               hunt.py     case after case, with a clock for each
cage.py     a case once more in the sandbox         jobs.py     processes that hunt, and what if one hangs or dies
"""
