import os
import shutil
import subprocess
import sys

import pytest

from deepcme.base.files.files import unfinished_folder, whole_file, write_text
from deepcme.base.files.leftovers import remove_leftovers
from deepcme.base.processes.shared import remove_shared_leftovers

WRITER = """
import os, sys, time
from pathlib import Path
from deepcme.base.files.files import whole_file
with whole_file(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(bytes(1000))
    print("begun", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writer(tmp_path):
    """A process that has begun to write a file and does not end."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "cohort.h5ad")], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def unfinished(folder):
    return list(folder.glob(".deepcme-*"))


def test_the_next_file_written_there_removes_what_a_killed_process_left(tmp_path, writer):
    writer.kill()
    writer.wait()
    assert unfinished(tmp_path)
    write_text(tmp_path / "other.txt", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["other.txt"]


def test_what_a_living_process_writes_is_left_alone(tmp_path, writer):
    write_text(tmp_path / "other.txt", "whole")
    [folder] = unfinished(tmp_path)
    assert (folder / "cohort.h5ad").stat().st_size == 1000


def test_two_files_of_one_process_are_written_side_by_side(tmp_path):
    with whole_file(tmp_path / "first") as first, whole_file(tmp_path / "second") as second:
        first.write_text("1")
        second.write_text("2")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "first": "1",
        "second": "2",
    }


def test_what_another_machine_writes_to_a_shared_folder_is_left_alone(tmp_path, writer):
    writer.kill()
    writer.wait()
    [left] = unfinished(tmp_path)
    elsewhere = left.rename(tmp_path / left.name.replace(left.name[9:17], "0123abcd"))
    remove_leftovers(tmp_path)
    assert unfinished(tmp_path) == [elsewhere]


def test_what_another_machine_only_reads_for_days_is_left_alone_too(
    tmp_path, writer, monkeypatch
):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    writer.kill()
    writer.wait()
    [left] = unfinished(tmp_path)
    shutil.copytree(
        left, elsewhere := tmp_path / left.name.replace(left.name[9:17], "0123abcd")
    )
    for path in (elsewhere, *elsewhere.iterdir()):
        os.utime(path, (0, 0))
    remove_shared_leftovers()
    assert unfinished(tmp_path) == [elsewhere]


def test_a_failure_leaves_neither_the_file_nor_an_unfinished_one(tmp_path):
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "table.csv") as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_folder_is_made_where_there_is_none(tmp_path):
    with unfinished_folder(tmp_path / "new" / "place") as folder:
        assert folder.parent == tmp_path / "new" / "place"
        assert str(os.getpid()) in folder.name
    assert not folder.exists()


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link.csv").symlink_to("disk/table.csv")
    write_text(tmp_path / "link.csv", "1")
    write_text(tmp_path / "link.csv", "2")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "disk" / "table.csv").read_text() == "2"
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "disk",
        "link.csv",
        "table.csv",
    ]
