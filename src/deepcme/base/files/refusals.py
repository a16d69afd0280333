"""What the operating system refuses, in words: a full disk, a folder that is not there."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NUMBER = re.compile(r"\berrno[\s=]*(\d+)", re.IGNORECASE)
_MOST_SHOWN = 200
_UNFINISHED = re.compile(r"(?:\A|[\\/])\.deepcme-")
_MAKE_ROOM = (
    "make room there and run the same command again; finished fits of a study are kept."
)
_ANOTHER = "name another place"

_WITH_PLACE = {
    "ENOSPC": f"No space, or none for another file, is left on the disk of {{}}: {_MAKE_ROOM}",
    "EDQUOT": f"Your share of the disk of {{}} is used up: {_MAKE_ROOM}",
    "ENOENT": "{}: there is no such file or folder: look for a slip in its name.",
    "EACCES": f"{{}}: you have no right to read or write this: ask whose it is, or {_ANOTHER}.",
    "EROFS": f"{{}}: nothing can be written on this disk, it is read-only: {_ANOTHER}.",
    "ENAMETOOLONG": "{}: the name is too long for this disk: take a shorter one.",
    "ENOTDIR": f"{{}}: there is a file here where a folder is to be: {_ANOTHER}.",
    "EISDIR": "{}: this is a folder, where a file is to be: name another.",
    "EEXIST": "{}: this is there already; name another or delete it.",
    "ELOOP": "{}: links lead here in a circle: name the file or folder itself.",
    "EFBIG": "{}: the file grew larger than is allowed (ulimit -f, or what the disk takes): "
    f"allow more, or {_ANOTHER}.",
    "EIO": "{}: the disk failed to read or write: see to the disk, then run the same command "
    "again.",
    "ESTALE": "{}: the computer that has this disk lost sight of it: run the same command "
    "again.",
    "EBUSY": f"{{}}: another program or the system uses this: {_ANOTHER}.",
    "EXDEV": f"{{}}: this lies on two disks: {_ANOTHER}.",
    "EINVAL": "{}: the system does not take this, perhaps for letters of the name: take "
    "another.",
    "dangling link": f"{{}}: this is a link to what is not there: mend it, or {_ANOTHER}.",
    "ENODEV": "{}: there is no such device: name a file or folder.",
}
_WITHOUT_PLACE = {
    "EMFILE": "Too many files are open at once: use fewer --jobs, or allow more files "
    "(ulimit -n).",
    "EAGAIN": "The system starts no more processes: use fewer --jobs, or allow more of them "
    "(ulimit -u).",
    "ENOMEM": "This takes more memory than is free: use fewer --jobs, or a computer with more "
    "memory.",
}
_ALIKE = {
    "EPERM": "EACCES",
    "ENOTEMPTY": "EEXIST",
    "ETXTBSY": "EBUSY",
    "EILSEQ": "EINVAL",
    "ENXIO": "ENODEV",
    "ENFILE": "EMFILE",
}


def describe_refusal(error: OSError) -> str:
    """Say in one sentence what was refused, where, and the way out.

    Parameters
    ----------
    error : OSError
        Python's, or a library's that has the number only in its text.
    """
    place = _place_of(error)
    name = _name_of(error)
    if name == "ENOENT" and not _here_is_left():
        return "The folder that this runs in is no longer there: change to another (cd)."
    if name in ("ENOENT", "EEXIST") and _is_dangling(Path(place)):
        name = "ELOOP" if _is_circle(Path(place)) else "dangling link"
    if (reason := _WITHOUT_PLACE.get(name)) is not None:
        return reason
    if (sentence := _WITH_PLACE.get(name)) is not None:
        return sentence.format(_short(place) or "what is written")
    text = " ".join((error.strerror or str(error) or type(error).__name__).split())
    return ": ".join(filter(None, [_short(place), f"the system refused something ({text})."]))


@contextmanager
def naming_place(place: Path | str) -> Iterator[None]:
    """Have a refusal name the place to write, and not nothing or what is on its way there."""
    try:
        yield
    except OSError as error:
        if not (named := _place_of(error)) or _UNFINISHED.search(named):
            error.filename = error.filename2 or str(place)  # the second: what it was to become
        raise


def _name_of(error: OSError) -> str:
    number = error.errno
    if number is None and (told := _NUMBER.search(str(error))):
        number = int(told[1])
    name = errno.errorcode.get(number, "") if number is not None else ""
    return _ALIKE.get(name, name)


def _place_of(error: OSError) -> str:
    """The path that an error names; none where there is only the number of an open file."""
    named = error.filename
    return os.fsdecode(named) if isinstance(named, str | bytes | os.PathLike) else ""


def _is_dangling(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _is_circle(path: Path) -> bool:
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def _short(place: str) -> str:
    if len(place) <= _MOST_SHOWN:
        return place
    half = _MOST_SHOWN // 2
    return f"{place[:half]}...{place[-half:]}"


def _here_is_left() -> bool:
    try:
        Path.cwd()
    except OSError:
        return False
    return True
