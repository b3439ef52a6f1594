"""Benchmarks: the twin beside its own baselines, in one run.

Owns measuring and nothing else; it is no part of the product. `python -m bench` runs all of it, `python -m bench PART`
one part, `--quick` a smoke run. README.md in this folder says what each figure means.
"""
