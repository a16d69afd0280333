"""The operating system's errors in words."""

import errno
import os

import pytest

from deepcme.base.files.files import write_text
from deepcme.base.files.refusals import describe_refusal, naming_place

NAMES = [
    "ENOSPC",
    "EDQUOT",
    "ENOENT",
    "EACCES",
    "EPERM",
    "EROFS",
    "ENAMETOOLONG",
    "ENOTDIR",
    "EISDIR",
    "EEXIST",
    "ENOTEMPTY",
    "ELOOP",
    "EFBIG",
    "EIO",
    "ESTALE",
    "ETXTBSY",
    "EBUSY",
    "EXDEV",
    "EINVAL",
    "ENODEV",
    "EMFILE",
    "ENFILE",
    "EAGAIN",
    "ENOMEM",
]


@pytest.mark.parametrize("name", NAMES)
def test_an_error_is_one_sentence_with_a_way_out(name):
    number = getattr(errno, name)
    said = describe_refusal(OSError(number, os.strerror(number), "results/a.csv"))
    assert said.endswith(".") and ": " in said and "\n" not in said
    assert os.strerror(number) not in said
    assert "results/a.csv" in said or name in ("EMFILE", "ENFILE", "EAGAIN", "ENOMEM")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError("Unable to write (errno = 28, error message = 'No space')"), "No space, or"),
        (OSError(errno.ENOSPC, "No space left"), "on the disk of what is written: make room"),
        (OSError(errno.EIO, "I/O", b"a.csv"), "a.csv: the disk failed"),
        (OSError(errno.EBADF, "Bad file", 3), "the system refused something (Bad file)."),
        (OSError("odd\nand long"), "the system refused something (odd and long)."),
        (OSError(), "the system refused something (OSError)."),
        (OSError(errno.ENAMETOOLONG, "", "n" * 5000), "...nnn"),
    ],
)
def test_errors_that_tell_less(error, said):
    assert said in describe_refusal(error)
    assert len(describe_refusal(error)) < 400


@pytest.mark.parametrize(
    ("of_error", "named"),
    [(None, "a.csv"), ("x/.deepcme-1/a.csv", "a.csv"), (5, "a.csv"), ("b.csv", "b.csv")],
)
def test_the_place_to_write_is_named(of_error, named):
    with pytest.raises(OSError) as raised, naming_place("a.csv"):
        raise OSError(errno.ENOSPC, "No space left on device", of_error)
    assert raised.value.filename == named


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("call", ["replace", "fsync", "mkdir"])
def test_a_write_that_is_refused_leaves_what_was_there(tmp_path, monkeypatch, call, number):
    path = tmp_path / "a.csv"
    write_text(path, "old")
    refuse = refusing(number)
    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(OSError) as raised:
        write_text(path, "new")
    monkeypatch.undo()
    assert str(path) in describe_refusal(raised.value)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def refusing(number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    return refuse
