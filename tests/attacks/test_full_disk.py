"""A disk without room, at any moment: a sentence, nothing lost, and on with it when there is room."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepcme.base.files.files import write_csv, write_text
from deepcme.cohort.cohort import Cohort
from tests.attacks.command import deepcme
from tests.attacks.crafted import sound_cohort

pytestmark = pytest.mark.cause("full-disk")

STUDY = """
seed = 1
models = ["LR"]
[cohort]
path = "cohort.h5ad"
[split]
repeats = 1
"""
MOMENTS = 10
ROOM = 64 << 20


@dataclass
class Disk:
    """A small disk of its own."""

    path: Path

    def resize(self, n_bytes):
        self._mount("-o", f"remount,size={n_bytes}")

    def renew(self, n_bytes=ROOM):
        self.remove()
        self._mount("-t", "tmpfs", "-o", f"size={n_bytes}", "tmpfs")

    def remove(self):
        subprocess.run(["umount", self.path], capture_output=True, check=False)

    def _mount(self, *options):
        made = subprocess.run(
            ["mount", *options, self.path], capture_output=True, text=True, check=False
        )
        if made.returncode:
            pytest.skip(f"no disk can be mounted here: {made.stderr.strip()}")

    @property
    def n_bytes(self):
        told = os.statvfs(self.path)
        return (told.f_blocks - told.f_bfree) * told.f_frsize


@pytest.fixture
def disk(tmp_path):
    if sys.platform != "linux" or shutil.which("mount") is None:
        pytest.skip("small disks are mounted on Linux")
    path = tmp_path / "disk"
    path.mkdir()
    disk = Disk(path)
    disk.renew()
    yield disk
    disk.remove()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Cohorts, a model, a study and tables to work on."""
    folder = tmp_path_factory.mktemp("inputs")
    sound_cohort(folder / "cohort.h5ad")
    sound_cohort(folder / "other.h5ad")
    write_text(folder / "study.toml", STUDY)
    cohort = Cohort.load(folder / "cohort.h5ad")
    expression = pd.DataFrame(cohort.X, index=cohort.samples, columns=cohort.gene_ids)
    expression.rename_axis("sample").to_csv(folder / "expression.csv")
    labels = np.asarray(cohort.outcome.labels)
    write_csv(
        folder / "samples.csv",
        pd.DataFrame({"sample": cohort.samples, "patient": cohort.patients, "y": labels}),
    )
    return folder


def files_of(folder):
    """All files by their names, but PDFs."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pdf"
    }


def require_whole(folder):
    """Whatever is there under a final name can be read, and nothing else is there."""
    for path in folder.rglob("*"):
        assert not path.name.startswith(".deepcme-"), path
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                assert dict(arrays)
        elif path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".parquet":
            pd.read_parquet(path)
        elif path.suffix == ".csv":
            pd.read_csv(path)


def rooms_in(folder):
    """Sizes of a disk on which as many files find room as after each eleventh of the writing."""
    page = os.sysconf("SC_PAGE_SIZE")
    files = [path for path in folder.rglob("*") if path.is_file()]
    pages = [
        -(-path.stat().st_size // page)
        for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)
    ]
    return [
        page * (1 + sum(pages[: len(pages) * moment // (MOMENTS + 1)]))
        for moment in range(MOMENTS)
    ]


def require_refused(done, disk):
    """It ended with code 2 and one sentence, after what it may have said of its progress."""
    done.require_no_crash()
    assert done.code == 2, done
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("deepcme: No space"), done.err
    assert str(disk.path) in last and "run the same command again" in last


@pytest.mark.slow
def test_a_study_at_ten_moments(disk, inputs, monkeypatch):
    """It dies at ten different moments, and goes on to the same bytes."""
    command = ("run", "study.toml", "--out", disk.path / "results", "--jobs", 1, "-q")
    assert deepcme(*command, folder=inputs).code == 0
    whole, rooms = files_of(disk.path), rooms_in(disk.path)
    reached = []
    for room in rooms:
        disk.renew(room)
        require_refused(deepcme(*command, folder=inputs), disk)
        require_whole(disk.path)
        kept = {path: path.stat().st_mtime_ns for path in disk.path.rglob("*.npz")}
        reached.append(len(files_of(disk.path)))
        disk.resize(ROOM)
        assert deepcme(*command, folder=inputs).code == 0
        assert files_of(disk.path) == whole
        assert all(path.stat().st_mtime_ns == moment for path, moment in kept.items())
    assert len(set(reached)) > MOMENTS // 2, reached


COMMANDS = {
    "simulate": ("simulate", "--samples", 60, "--genes", 800, "--events", 20, "-o", "OUT.h5ad"),
    "prepare": (
        "prepare", "table", "--expression", "expression.csv", "--samples", "samples.csv",
        "--label", "y", "-o", "OUT.h5ad",
    ),
    "train": ("train", "cohort.h5ad", "--model", "LR", "--repeats", 1, "--jobs", 1, "-o", "OUT"),
    "panel": (
        "panel", "cohort.h5ad", "--ranker", "mean-rank", "--random-panels", 1, "--repeats", 1,
        "--jobs", 1, "--out", "OUT",
    ),
    "power": ("power", "-o", "OUT.csv"),
    "init": ("init", "-o", "OUT.toml"),
}  # fmt: skip


@pytest.mark.attack
@pytest.mark.parametrize("share", [0, 0.4, 0.9])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_on_a_disk_that_fills_up(disk, inputs, command, share):
    """What was there stays; the same command does it when there is room."""
    words = [str(w).replace("OUT", str(disk.path / "out")) for w in COMMANDS[command]]
    assert deepcme(*words, folder=inputs).code == 0
    whole, needed = files_of(disk.path), disk.n_bytes
    page = os.sysconf("SC_PAGE_SIZE")
    room = int(needed * share) // page * page
    disk.renew(max(room, page))
    full = disk.path / "full"
    if room == 0:
        full.write_bytes(bytes(page))
    require_refused(deepcme(*words, folder=inputs), disk)
    require_whole(disk.path)
    disk.resize(ROOM)
    full.unlink(missing_ok=True)
    assert deepcme(*words, folder=inputs).code == 0
    assert files_of(disk.path) == whole


def test_a_cohort_that_is_there_stays_whole_when_there_is_no_room_for_another(disk, inputs):
    path = disk.path / "cohort.h5ad"
    cohort = Cohort.load(inputs / "cohort.h5ad")
    cohort.save(path)
    before = path.read_bytes()
    for room in (0, 8_192, 16_384, 24_576):
        disk.resize(disk.n_bytes + max(room, 1))
        with pytest.raises(OSError, match="No space"):
            cohort.save(path)
        assert path.read_bytes() == before
        assert [file.name for file in disk.path.iterdir()] == ["cohort.h5ad"]
