"""One run at a time: a lock that holds against others, and goes with its process."""

import errno
import os
import re
import signal
import subprocess
import sys
import threading

import pytest

from deepcme import DeepCMEError
from deepcme.base.files import locks
from deepcme.base.files.locks import LOCK, only_one_in, only_one_making

HOLDER = """
import sys, pathlib
from deepcme.base.files.locks import only_one_in
with only_one_in(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
REFUSAL = (
    r"another run is at work here \(process {} on .+, since \d\d:\d\d on \d{{4}}-\d\d-\d\d\): "
    r"wait for it, or choose another folder\.$"
)


def refusing(match):
    return pytest.raises(DeepCMEError, match=match)


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of a folder, until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "out")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_another_process_is_named_and_let_finish(holder, tmp_path):
    with refusing(REFUSAL.format(holder.pid)) as told, only_one_in(tmp_path / "out"):
        pass
    assert str(told.value).startswith(f"{tmp_path / 'out'}: ")
    holder.communicate("")
    with only_one_in(tmp_path / "out"):
        pass


def test_the_lock_of_a_killed_process_is_taken_over(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "out" / LOCK).exists()
    with only_one_in(tmp_path / "out"):
        assert str(os.getpid()) in (tmp_path / "out" / LOCK).read_text()
    assert not list(tmp_path.rglob("*.deepcme*"))


def test_another_thread_is_another_run(tmp_path):
    told = []

    def run():
        try:
            with only_one_in(tmp_path):
                told.append("ran")
        except DeepCMEError as error:
            told.append(str(error))

    def run_beside():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()

    with only_one_in(tmp_path):
        run_beside()
    run_beside()
    assert re.search(REFUSAL.format(os.getpid()), told[0])
    assert told[1] == "ran"


def test_blocks_of_one_run_lie_in_each_other(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "out")
    with only_one_in(tmp_path / "out"):
        with only_one_in(tmp_path / "link"), only_one_in(tmp_path / "other"):
            pass
        assert (tmp_path / "out" / LOCK).exists()


def test_a_folder_with_nothing_in_it_goes_again_and_one_with_something_stays(tmp_path):
    with only_one_in(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()
    assert not (tmp_path / "a").exists()
    with pytest.raises(ZeroDivisionError), only_one_in(tmp_path / "a" / "b"):
        (tmp_path / "a" / "kept").touch()
        raise ZeroDivisionError
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["kept"]


def test_what_is_made_whole_has_its_lock_beside_it(tmp_path):
    name = "n" * 255
    with only_one_making(tmp_path / name), only_one_making(tmp_path / "other"):
        assert not (tmp_path / name).exists()
        assert len(list(tmp_path.glob(f"{LOCK}-*"))) == 2
    assert not list(tmp_path.iterdir())


def test_a_lock_removed_between_opening_and_locking_does_not_count(tmp_path, monkeypatch):
    """Whoever held it ended in between, and a third run has a new file by now."""
    lock, once = locks._lock, iter([True])

    def lock_late(descriptor):
        if next(once, False):
            (tmp_path / LOCK).unlink()
        lock(descriptor)

    monkeypatch.setattr(locks, "_lock", lock_late)
    with only_one_in(tmp_path):
        assert str(os.getpid()) in (tmp_path / LOCK).read_text()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_told_and_no_obstacle(
    number, tmp_path, monkeypatch, capsys
):
    def refuse(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(locks, "_lock", refuse)
    with only_one_in(tmp_path):
        pass
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{tmp_path}: no lock can be had on this file system")
    assert not list(tmp_path.iterdir())


def make_symlink(lock):
    (lock.parent / "precious").write_text("kept")
    lock.symlink_to("precious")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, make_symlink])
def test_what_is_no_lock_is_neither_followed_nor_written(make, tmp_path):
    make(tmp_path / LOCK)
    before = sorted((path.name, path.lstat().st_size) for path in tmp_path.iterdir())
    with refusing("this is no lock of a run: delete it"), only_one_in(tmp_path):
        pass
    assert sorted((path.name, path.lstat().st_size) for path in tmp_path.iterdir()) == before


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with refusing("a file here where a folder is to be"), only_one_in(path):
            pass
