"""A zygote whose workers print when they began, on the clock that all processes share, and then do their work."""

import time

from warble.box import worker, zygote

REAL = worker.perform


def perform(job, shared):
    began = time.monotonic_ns()
    ending = REAL(job, shared)
    shared.start()
    shared.printed(f"{began}\n")
    return ending


def main(control):
    worker.perform = perform
    zygote.main(control)
