"""Limits of memory and time that the kernel holds a process to."""

from __future__ import annotations

import sys
from pathlib import Path


def bound_process(seconds: int, n_bytes: int) -> None:
    """Have the kernel end this process where it takes too long or too much.

    Parameters
    ----------
    seconds : int
        Of the processor.
    n_bytes : int
        More than it takes now.
    """
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # SIGXCPU, then SIGKILL
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
        limit = pages * resource.getpagesize() + n_bytes
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        allowed = [n for n in (soft, hard) if n != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min([limit, *allowed]), hard))
