"""What the operating system refuses is one sentence, before the work, and leaves nothing behind."""

import os
import sys

import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.base.files.writable import (
    require_new_folder,
    require_writable,
    require_writable_folder,
)
from tests.attacks.command import deepcme

pytestmark = pytest.mark.cause("refused-path")

LONG = "n" * 300
PLACES = {
    "below a file": ("file/out", "file here where a folder is to be"),
    "far below a file": ("file/a/b/out", "file here where a folder is to be"),
    "a long name": (LONG, "too long for this disk"),
    "below a long name": (f"new/{LONG}/out", "too long for this disk"),
    "a path of many folders": ("d/" * 2100 + "out", "too long for this disk"),
    "below a dangling link": ("dangling/out", "a link to what is not there"),
    "below a link to itself": ("circle/out", "links lead here in a circle"),
}
COMMANDS = {
    "run": ("run", "--out"),
    "panel": ("panel", "missing.h5ad", "--out"),
    "train": ("train", "missing.h5ad", "-o"),
    "validate": ("validate", "model", "missing.h5ad", "-o"),
    "transfer": ("transfer", "missing.h5ad", "lacking.h5ad", "-o"),
    "fetch": ("fetch", "geo", "GSE1", "--base-url", "http://127.0.0.1:9", "-o"),
    "predict": ("predict", "model", "missing.csv", "-o"),
    "power": ("power", "missing.h5ad", "-o"),
    "compare": ("compare", "a", "b", "-o"),
    "checklist": ("checklist", "study", "-o"),
    "init": ("init", "-o"),
    "report": ("report",),
    "simulate": ("simulate", "-o"),
    "prepare merge": ("prepare", "merge", "missing.h5ad", "lacking.h5ad", "-o"),
    "genes map": ("genes", "map", "missing.h5ad", "-o"),
    "signatures score": ("signatures", "score", "missing.h5ad", "-o"),
    "prepare table": (
        "prepare", "table", "--expression", "missing.csv", "--samples", "lacking.csv",
        "--label", "y", "-o",
    ),
}  # fmt: skip
ENDINGS = dict.fromkeys(("simulate", "prepare merge", "prepare table", "genes map"), ".h5ad")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "dangling").symlink_to("nothing")
    (tmp_path / "circle").symlink_to("circle")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("require", [require_writable, require_writable_folder])
@pytest.mark.parametrize("where", PLACES)
def test_a_place_is_refused_before_the_work(folder, where, require):
    before = sorted(folder.rglob("*"))
    place, words = PLACES[where]
    with pytest.raises(DeepCMEError, match=words):
        require(place)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("place", ["out", "new/folders/out", "file"])
def test_what_can_be_written_is_not_made_by_asking(folder, place):
    before = sorted(folder.rglob("*"))
    require_writable(place)
    assert sorted(folder.rglob("*")) == before
    assert (folder / "file").read_text() == "kept"


@pytest.mark.parametrize(
    ("require", "place", "words"),
    [
        (require_writable, ".", "a folder, where a file is to be"),
        (require_writable, os.devnull, "a device"),
        (require_writable_folder, "dangling", "a link to what is not there"),
        (require_new_folder, ".", "this is there already"),
        (require_new_folder, "file", "a file here where a folder is to be"),
    ],
)
def test_another_kind_of_thing_in_its_place(folder, require, place, words):
    with pytest.raises(DeepCMEError, match=words):
        require(place)


@pytest.mark.attack
@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_it_before_it_reads(folder, command, where):
    """What it should read is not there, and what it would do first not said."""
    place, words = PLACES[where]
    before = sorted(folder.rglob("*"))
    done = deepcme(*COMMANDS[command], place + ENDINGS.get(command, ".csv"), folder=folder)
    done.require_one_sentence(words)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep such a folder")
@pytest.mark.parametrize("place", ["out", "new/out", "new/folders/out", "./out", "."])
def test_the_folder_it_runs_in_is_gone(folder, place):
    gone = folder / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    with pytest.raises(DeepCMEError, match="runs in is no longer there"):
        require_writable_folder(place)
