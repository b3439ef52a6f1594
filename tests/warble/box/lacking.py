"""A zygote on a kernel that has nothing: no namespaces, no seccomp, no landlock, no pidfd. Its workers run Python."""

import errno
import os

from tests.warble.box import hostile
from warble.box import zygote
from warble.cage.kernel import Kernel


def no_pidfd(_pid):
    raise OSError(errno.ENOSYS, "Function not implemented")


def main(control):
    zygote.survey = Kernel
    os.pidfd_open = no_pidfd
    hostile.main(control)
