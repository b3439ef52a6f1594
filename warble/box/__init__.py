"""The processes of the sandbox: a zygote that forks one-shot workers, and what host and worker say to each other.

    host  keeper.py ─ hand.py ─ verdict.py        asyncio; trusts nothing that a worker wrote
    child zygote.py ─ worker.py                   a worker is a stranger's once it has read its job
    both  job.py (in) · ending.py, board.py, records.py (out)

warble/sandbox.py is the front. What the kernel takes away from a worker is in warble/cage.
"""
