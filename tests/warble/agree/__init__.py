"""Does a program give the same, its fuel too, on another Python and another machine? `python -m tests.warble.agree`."""
