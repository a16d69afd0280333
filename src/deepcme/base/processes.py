"""Who writes a file: the machine, and whether a process of it still runs."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from functools import cache


@cache
def this_machine() -> str:
    """The machine's name as eight hexadecimal digits: several may share a folder."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def is_running(process: int) -> bool:
    """Whether a process of this machine runs, whoever started it."""
    if sys.platform == "win32":
        import ctypes

        query_limited_information = 0x1000
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(query_limited_information, False, process)
        kernel.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # of another user
    return True
