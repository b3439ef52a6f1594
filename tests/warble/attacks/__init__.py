"""Attacks on the sandbox: programs of the language, and Python as it would run if a program broke out of it."""
