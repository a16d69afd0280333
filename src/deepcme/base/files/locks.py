"""One run at a time: a lock that goes with the process which holds it, however that ends."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.files import make_folder
from deepcme.base.files.refusals import naming_place
from deepcme.base.files.writable import require_writable_folder
from deepcme.base.terminal import say

LOCK = ".deepcme-lock"

_LONGEST_WORDS = 300
_NO_LOCK_OF_OURS = (errno.ELOOP, errno.EISDIR, errno.ENXIO)
# What a file system says that has no locks, as some that span computers.
_WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)

_held: dict[Path, tuple[int, str]] = {}
"""Locks of this process, each with its thread and what it says of itself.

Of threads the system need not know: where flock goes over the network (NFS), one process
could lock a file twice, and loses the lock as soon as it closes the file once.
"""
_changing_held = threading.Lock()


@contextmanager
def only_one_in(folder: Path) -> Iterator[None]:
    """Let no other run write in a folder, which is made if need be, until the block ends.

    The lock is flock(2) on a hidden file in the folder: the system takes it back from a process
    that is killed, and none inherits it. Blocks of one thread may lie in each other. Where the
    file system has no locks, that is said, and the run goes on.

    Raises
    ------
    DeepCMEError
        If another run, of this process or another one, works there, or nothing can be written.
    """
    with _making(folder), _holding(folder / LOCK, folder):
        yield


@contextmanager
def only_one_making(path: Path) -> Iterator[None]:
    """Let no other run make this file or folder until the block ends.

    As `only_one_in`, but the lock is beside it: what is made whole takes the place of nothing,
    or of an empty folder.
    """
    digits = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]
    with _making(path.parent), _holding(path.parent / f"{LOCK}-{digits}", path):
        yield


@contextmanager
def _making(folder: Path) -> Iterator[None]:
    """Make a folder; in the end it goes again if there is nothing in it."""
    require_writable_folder(folder)
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    make_folder(folder)
    try:
        yield
    finally:
        with suppress(OSError):  # there is something in it
            for place in made:
                place.rmdir()


@contextmanager
def _holding(lock: Path, place: Path) -> Iterator[None]:
    key, thread = lock.parent.resolve() / lock.name, threading.get_ident()
    words = (
        f"process {os.getpid()} on {platform.node()}, since {datetime.now():%H:%M on %Y-%m-%d}"
    )
    with _changing_held:
        holder = _held.get(key)
        if holder is None:
            _held[key] = thread, words
    if holder is None:
        try:
            with _locked(lock, place, words):
                yield
        finally:
            del _held[key]
    elif holder[0] == thread:
        yield
    else:
        raise _refusal(place, holder[1])


@contextmanager
def _locked(lock: Path, place: Path, words: str) -> Iterator[None]:
    """Hold the lock on a file that says who does; it goes in the end."""
    with naming_place(place):
        descriptor = _take(lock, place)
    try:
        with naming_place(place):
            os.truncate(descriptor, 0)
            os.write(descriptor, words.encode())
        yield
    finally:
        # Before it is let go of, lest another one's goes; Windows removes no open file.
        if sys.platform != "win32" and _is_at(lock, descriptor):
            lock.unlink(missing_ok=True)
        os.close(descriptor)
        if sys.platform == "win32":
            with suppress(OSError):  # another run has it already
                lock.unlink()


def _take(lock: Path, place: Path) -> int:
    """A descriptor of the file, locked if that can be."""
    while True:
        descriptor = _open(lock)
        try:
            _lock(descriptor)
        except (BlockingIOError, PermissionError) as error:
            words = os.read(descriptor, _LONGEST_WORDS).decode(errors="replace")
            os.close(descriptor)
            raise _refusal(place, words) from error
        except OSError as error:
            if error.errno not in _WITHOUT_LOCKS:
                os.close(descriptor)
                raise
            say(
                f"{place}: no lock can be had on this file system: see to it that no other run "
                "works here.",
                error=True,
            )
        if _is_at(lock, descriptor):
            return descriptor
        os.close(descriptor)  # whoever held it removed it just now


def _open(lock: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(lock, flags, 0o666)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_LOCK_OF_OURS:
            raise
    raise DeepCMEError(f"{lock}: this is no lock of a run: delete it.")


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 2 * _LONGEST_WORDS, os.SEEK_SET)  # what is locked cannot be read
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(lock: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(lock.stat(follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _refusal(place: Path, words: str) -> DeepCMEError:
    holder = f" ({words})" if words else ""
    return DeepCMEError(
        f"{place}: another run is at work here{holder}: wait for it, or choose another folder."
    )
