"""What the kernel takes away from a process that will run a stranger's program. Knows nothing of Warble.

    survey()         which defences this kernel has                       once, anywhere
    isolate()        nobody's user, namespaces of its own, no files       once, in the process that forks workers
    Lock.first()     limits, landlock, the first filter                   in each worker, before it reads its job
    Lock.second()    the second filter                                    in each worker, before the program starts

warble/box/ is the caller. Each defence stands alone: a kernel that lacks one keeps the others, and Kernel.missing()
says so.
"""
