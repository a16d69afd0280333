"""The examination in a process of its own, which a damaged file may crash or hold up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.inputs import require_file
from deepcme.base.hdf5.examination import SIGNATURE, examine, unreadable
from deepcme.base.hdf5.rules import LAYOUTS
from deepcme.base.memory import MOST_UNFOLDED, SMALL, available_bytes, require_memory
from deepcme.base.processes.bounds import bound_process
from deepcme.base.processes.workers import worker_command

_SECONDS = 8
_BYTES_PER_SECOND = 2_000_000
_LONGEST_WAIT = 6
"""Times the seconds of the processor, where other programs share it."""
_SOUND: dict[tuple[Path, str, int, int], int] = {}
"""Bytes of files that were examined in this process, and are as they were."""
_OUT_OF_SECONDS = -24  # SIGXCPU, which not every system has
_KILLED = (-9, -15, -2, -1)  # as systems and users do
_WORKING_BYTES = 600_000_000
_WORKING_TIMES_SIZE = 4
"""What the examination may take, with this many times the file; it reads in small parts."""


def require_sound(path: Path, kind: str) -> None:
    """Refuse a file of HDF5 that is damaged, reaches outside itself or would not fit.

    HDF5 crashes, or never returns, on some files whose bytes are scrambled (2 in 100 of
    those tried), so that a process of its own reads every value once. It has a limit of
    memory and of time, which grows with the file.

    Parameters
    ----------
    path : path
    kind : str
        A name of `deepcme.base.hdf5.rules.LAYOUTS`: which layout the file should have.

    Raises
    ------
    DeepCMEError
        One sentence that names the file, and the object if it is to blame.
    """
    require_file(path)
    state = path.stat()
    key = (path.absolute(), kind, state.st_size, state.st_mtime_ns)
    if key not in _SOUND:
        _SOUND[key] = _examine_apart(path, kind)
    require_memory(_SOUND[key], path, "what it holds")


def _examine_apart(path: Path, kind: str) -> int:
    """How many bytes the file unfolds to, if it is sound."""
    layout = LAYOUTS[kind]
    with path.open("rb") as start:
        if start.read(len(SIGNATURE)) != SIGNATURE:
            raise unreadable(path, layout)
    seconds = _SECONDS + path.stat().st_size // _BYTES_PER_SECOND
    try:
        ended = subprocess.run(
            worker_command(__name__, str(path), kind, str(seconds)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            timeout=_LONGEST_WAIT * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        waited = f"{_LONGEST_WAIT * seconds:,} seconds"
        raise DeepCMEError(
            f"{path}: looking through it took over {waited}: it is damaged, or this computer "
            "is busy with other work; try again later."
        ) from error
    if ended.returncode == _OUT_OF_SECONDS:
        raise unreadable(path, layout, ": reading it comes to no end")
    if ended.returncode in _KILLED:
        raise DeepCMEError(
            f"{path}: the process that looked through it was killed, as systems do when memory "
            "runs out: run the command again, on a computer with more memory if need be."
        )
    if ended.returncode != 0:
        raise unreadable(path, layout, ": its parts contradict each other")
    found = json.loads(ended.stdout)
    if "refused" in found:
        raise DeepCMEError(found["refused"])
    return int(found["bytes"])


def main() -> None:
    """Examine the file that the arguments name, and print what was found as JSON."""
    path, kind, seconds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    size = path.stat().st_size
    most = max(SMALL, MOST_UNFOLDED * size)
    free = available_bytes()
    bound_process(seconds, _WORKING_BYTES + _WORKING_TIMES_SIZE * size)
    try:
        n_bytes = examine(path, LAYOUTS[kind], most if free is None else min(most, free))
        print(json.dumps({"bytes": n_bytes}))
    except DeepCMEError as error:
        print(json.dumps({"refused": str(error)}))
