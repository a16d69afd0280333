"""What is no file is refused with what it is, and a file with its size."""

import os
import socket
from pathlib import Path

import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.inputs import read_file, require_file


def a_folder(path):
    path.mkdir()


def a_pipe(path):
    os.mkfifo(path)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as opened:
        folder = Path.cwd()
        os.chdir(path.parent)  # the path of a socket must be short
        opened.bind(path.name)
        os.chdir(folder)


def a_device(path):
    path.symlink_to("/dev/zero")


def nothing(path):
    path.symlink_to(path.parent / "gone")


def a_loop(path):
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (a_folder, "this is a folder; name the file in it."),
        (a_pipe, "this is a pipe, not a file: write what it gives to a file, and name that."),
        (a_socket, "this is a socket, not a file"),
        (a_device, "this is a device, not a file"),
        (nothing, "there is no such file."),
        (a_loop, "the file cannot be read (Too many levels of symbolic links)."),
    ],
)
def test_what_is_no_file_is_refused_with_what_it_is(made, words, tmp_path):
    path = tmp_path / "named"
    made(path)
    with pytest.raises(DeepCMEError) as caught:
        require_file(path)
    assert str(caught.value).startswith(f"{path}: {words}")


@pytest.mark.parametrize("name", ["a\x00b", "a" * 300], ids=["NUL", "long"])
def test_names_that_no_file_can_have_are_refused(name, tmp_path):
    with pytest.raises(DeepCMEError, match=r"no such file|name too long"):
        require_file(tmp_path / name)


def test_a_file_of_its_size_is_read_and_a_larger_one_refused(tmp_path):
    path = tmp_path / "small"
    path.write_bytes(b"12345")
    assert read_file(path, 5) == b"12345"
    with pytest.raises(DeepCMEError, match="is it another one"):
        read_file(path, 4)
