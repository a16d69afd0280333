"""A study goes on whatever happened to its folder, and nothing of others is lost there."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.base.files import files
from deepcme.base.files.files import whole_file, whole_folder, write_csv, write_text
from deepcme.base.files.leftovers import unfinished_name
from deepcme.base.processes.processes import this_machine, this_process
from deepcme.report.page import write_report
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from deepcme.study.store import StudyFolder
from tests.attacks.command import deepcme
from tests.conftest import BINARY_EXAMPLE_TOML, invented_cohort

TABLES = ("predictions.parquet", "metrics.csv", "patients.parquet")
NULLS = {"permutations": 2}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort") / "cohort.h5ad"
    invented_cohort(n_patients=40, n_genes=12, positives=16).save(path)
    return make_study(
        {
            "cohort": {"path": path},
            "split": {"design": "repeated", "repeats": 2},
            "models": ["LR", "KNN"],
            "nulls": NULLS,
        }
    )


@pytest.fixture(scope="module")
def finished(study, tmp_path_factory):
    folder = run_study(study, tmp_path_factory.mktemp("whole") / "out", jobs=1, quiet=True)
    write_report(folder, ["md"])
    return folder.path


@pytest.fixture
def out(finished, tmp_path):
    """A copy of the finished study, to be damaged."""
    return shutil.copytree(finished, tmp_path / "out")


def tables_of(folder):
    return {name: (folder / name).read_bytes() for name in TABLES}


def run(study, out):
    return run_study(study, out, jobs=1, quiet=True).path


def tasks_of(folder):
    return sorted((folder / "tasks").glob("*.npz"))


def dead_process():
    process = subprocess.run(
        [
            sys.executable,
            "-c",
            "from deepcme.base.processes.processes import this_process as p; print(p())",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout.strip()


def left_by(process, place, *, partial=False):
    name = f".deepcme-{process}-0badc0de{'.partial' if partial else ''}"
    (place / name).parent.mkdir(parents=True, exist_ok=True)
    if partial:
        (place / name).write_bytes(b"half")
    else:
        (place / name).mkdir()
        (place / name / "half").write_bytes(b"half")
    return place / name


# What a study leaves in its first moments, in the order of this deepcme and of older ones.
FIRST_MOMENTS = {
    "nothing": (),
    "the folder of its tasks": ("tasks/",),
    "its record": ("tasks/", "study.toml"),
    "its cohort": ("tasks/", "study.toml", "cohort.json"),
    "its identity": ("identity.json",),
    "its identity and record": ("identity.json", "tasks/", "study.toml"),
    "no tables": ("identity.json", "tasks/", "study.toml", "cohort.json", "audit.json"),
    "an unfinished file": (".deepcme-00000000-1-00000000-0badc0de/",),
    "an older unfinished file": (".deepcme-euhjz4i9/",),
    "a log and dust": (".DS_Store", "desktop.ini", "run.log", "slurm-1.out"),
}


@pytest.mark.cause("first-moments")
@pytest.mark.parametrize("left", FIRST_MOMENTS.values(), ids=FIRST_MOMENTS)
def test_a_study_killed_in_its_first_moments_goes_on(left, study, finished, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for name in left:
        if name.endswith("/"):
            (out / name).mkdir()
        elif (finished / name).exists():
            shutil.copy(finished / name, out / name)
        else:
            (out / name).write_text("of others")
    assert tables_of(run(study, out)) == tables_of(finished)
    others = [
        name for name in left if not name.endswith("/") and not (finished / name).exists()
    ]
    assert all((out / name).read_text() == "of others" for name in others)


OF_OTHERS = {
    "notes": {"notes.txt": "mine"},
    "a study file": {"study.toml": BINARY_EXAMPLE_TOML},
    "a cohort.json": {"cohort.json": "{}"},
    "tasks": {"tasks/letter.txt": "mine"},
    "an identity": {"identity.json": '{"name": "me"}'},
    "an empty identity": {"identity.json": "", "notes.txt": "mine"},
    "tasks of another": {"tasks/0123456789abcdef0123456789abcdef.npz": "mine"},
}


@pytest.mark.guard
@pytest.mark.cause("first-moments")
@pytest.mark.parametrize("of_others", OF_OTHERS.values(), ids=OF_OTHERS)
def test_a_folder_of_others_is_refused_and_left_as_it_was(of_others, study, tmp_path):
    out = tmp_path / "out"
    for name, text in of_others.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text)
    with pytest.raises(DeepCMEError, match="choose another --out"):
        run(study, out)
    found = {
        str(path.relative_to(out)): path.read_text()
        for path in out.rglob("*")
        if path.is_file()
    }
    assert found == of_others


def emptied(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def cut_at_its_start(path):
    path.write_bytes(path.read_bytes()[:7])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


def zeroed(path):
    path.write_bytes(bytes(path.stat().st_size))


def changed(path, **others):
    with np.load(path) as arrays:
        kept = {
            name: array for name, array in arrays.items() if others.get(name, array) is not None
        }
    np.savez_compressed(path, **{**kept, **{n: a for n, a in others.items() if a is not None}})


def without_an_array(path):
    changed(path, probability=None)


def with_a_short_array(path):
    changed(path, score=np.zeros(3))


def with_words(path):
    changed(path, score=np.array(["high", "low"]))


def with_a_pickle(path):
    changed(path, score=np.array([{}], dtype=object))


def of_another_split(path):
    with np.load(path) as arrays:
        changed(path, rows=arrays["rows"][::-1])


def as_text(path):
    path.write_text("<html>Your session has expired</html>")


@pytest.mark.cause("damaged-task")
@pytest.mark.parametrize(
    "damage",
    [
        emptied, cut, cut_at_its_start, flipped, zeroed, without_an_array, with_a_short_array,
        with_words, with_a_pickle, of_another_split, as_text,
    ],
)  # fmt: skip
def test_a_damaged_result_is_made_again_and_that_is_said(damage, study, finished, out, capsys):
    whole = {path.name: path.read_bytes() for path in tasks_of(out)}
    changed_one = next(path for path in tasks_of(out) if b"probability" in path.read_bytes())
    damage(changed_one)
    (out / "metrics.csv").unlink()
    capsys.readouterr()
    assert tables_of(run(study, out)) == tables_of(finished)
    assert capsys.readouterr().err == "1 result was damaged and is made again.\n"
    with np.load(changed_one) as arrays:
        assert np.isfinite(arrays["score"]).all()
    assert {path.name for path in tasks_of(out)} == whole.keys()


@pytest.mark.cause("damaged-task")
@pytest.mark.parametrize("damage", [emptied, zeroed, cut])
def test_all_results_may_be_damaged(damage, study, finished, out, capsys):
    for path in tasks_of(out):
        damage(path)
    assert tables_of(run(study, out)) == tables_of(finished)
    n = len(tasks_of(out))
    assert capsys.readouterr().err == f"{n} results were damaged and are made again.\n"


@pytest.mark.cause("damaged-task")
@pytest.mark.parametrize("damage", [emptied, cut, zeroed, as_text])
@pytest.mark.parametrize("name", ["predictions.parquet", "patients.parquet", "nulls.csv"])
def test_a_damaged_table_is_told_by_the_report_and_healed_by_a_run(
    damage, name, study, finished, out
):
    damage(out / name)
    if name.endswith(".parquet"):  # others are a table of some kind all the same
        with pytest.raises(DeepCMEError, match="run the study again, which writes it") as told:
            write_report(StudyFolder(out), ["md"])
        assert "\n" not in str(told.value)
    assert tables_of(run(study, out)) == tables_of(finished)
    assert (out / name).read_bytes() == (finished / name).read_bytes()


TABLE = pd.DataFrame({"gene": ["TP53"]})
WRITERS = {
    "a text": lambda place: write_text(place / "text.txt", "x"),
    "a table": lambda place: write_csv(place / "table.csv", TABLE),
    "a folder": lambda place: fill(place / "model"),
    "a cohort": lambda place: invented_cohort(20, 5, positives=8).save(place / "c.h5ad"),
}


def fill(folder):
    with whole_folder(folder) as written:
        (written / "a").write_text("x")


@pytest.mark.cause("leftovers")
@pytest.mark.parametrize("partial", [False, True], ids=["a folder", "a download"])
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_what_a_dead_process_left_goes_with_whatever_is_written_there(write, partial, tmp_path):
    left = left_by(dead_process(), tmp_path, partial=partial)
    write(tmp_path)
    assert not left.exists()


@pytest.mark.cause("leftovers")
def test_a_process_whose_number_is_used_again_is_dead(tmp_path):
    machine, number, beginning = this_process().split("-")
    other = f"{machine}-{number}-{'0badc0de' if beginning != '0badc0de' else '1badc0de'}"
    left, own = left_by(other, tmp_path), left_by(this_process(), tmp_path)
    write_text(tmp_path / "text.txt", "x")
    assert (left.exists(), own.exists()) == (False, True)


@pytest.mark.cause("leftovers")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_nobody_waited_for_is_dead(tmp_path):
    code = (
        "from deepcme.base.processes.processes import this_process as p; print(p(), flush=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    left = left_by(process.stdout.readline().strip(), tmp_path)
    stat = Path(f"/proc/{process.pid}/stat")
    while ") Z " not in stat.read_text():
        time.sleep(0.01)
    write_text(tmp_path / "text.txt", "x")
    assert not left.exists()
    process.communicate()


@pytest.mark.cause("leftovers")
@pytest.mark.parametrize(
    "name", ["00000000-1-00000000-0badc0de", "euhjz4i9", "00000000-17-euhjz4i9"]
)
def test_what_nobody_can_know_to_be_dead_goes_a_day_after(name, tmp_path):
    left = tmp_path / f".deepcme-{name}"
    left.mkdir()
    (left / "half").write_bytes(b"half")
    write_text(tmp_path / "text.txt", "x")
    assert left.exists()
    for path in (left / "half", left):
        os.utime(path, (0, 0))
    write_text(tmp_path / "text.txt", "x")
    assert not left.exists()


@pytest.mark.cause("leftovers")
@pytest.mark.parametrize("place", ["tasks", "figures", "tables", "."])
def test_what_a_killed_run_left_anywhere_in_its_folder_goes(place, study, out):
    left = left_by(dead_process(), out / place)
    run(study, out)
    assert not left.exists()
    left = left_by(dead_process(), out / place)
    write_report(StudyFolder(out), ["md"])
    assert not left.exists()


@pytest.mark.guard
@pytest.mark.cause("leftovers")
@pytest.mark.parametrize("name", [".deepcme-lock", ".deepcme-notes", "deepcme-notes"])
def test_what_is_no_leftover_stays(name, tmp_path):
    (tmp_path / name).write_text("mine")
    os.utime(tmp_path / name, (0, 0))
    write_text(tmp_path / "text.txt", "x")
    assert (tmp_path / name).read_text() == "mine"


@pytest.fixture
def disk(monkeypatch):
    """What the disk is asked, in order: to make a path safe, or to rename one."""
    asked = []
    flush, rename = os.fsync, Path.replace

    def fsync(descriptor):
        asked.append(("flush", os.path.realpath(f"/proc/self/fd/{descriptor}")))
        flush(descriptor)

    def replace(path, target):
        asked.append(("rename", str(path), str(target)))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    return asked


def keep_download(path):
    from deepcme.base.progress import SilentByteCount
    from deepcme.sources.fetching.partials import Partial

    with Partial(path.parent, SilentByteCount(), 100, "x") as partial:
        partial.write(b"abc")
        partial.keep(path)


def save_task(path):
    from deepcme.study.result_files import ResultFiles
    from tests.study.test_result_files import Means

    ResultFiles(path.parent.parent).save(Means.with_key(path.stem), {"mean": np.zeros(3)})


FLUSHED = {
    "text.txt": lambda path: write_text(path, "x"),
    "table.csv": lambda path: write_csv(path, TABLE),
    "model": fill,
    "download.gz": keep_download,
    "tasks/key.npz": save_task,
    "cohort.h5ad": lambda path: invented_cohort(20, 5, positives=8).save(path),
}


@pytest.mark.cause("flushing")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", FLUSHED)
def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_afterwards(
    name, tmp_path, disk
):
    FLUSHED[name](tmp_path / name)
    [(at, temporary)] = [
        (number, asked[1])
        for number, asked in enumerate(disk)
        if asked[0] == "rename" and asked[2] == str(tmp_path / name)
    ]
    assert ("flush", temporary) in disk[:at]
    assert disk[at + 1] == ("flush", str((tmp_path / name).parent))


@pytest.mark.cause("flushing")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_folder_that_is_made_is_on_the_disk_too(tmp_path, disk):
    write_text(tmp_path / "new" / "place" / "text.txt", "x")
    flushed = [asked[1] for asked in disk if asked[0] == "flush"]
    assert {str(tmp_path), str(tmp_path / "new")} <= {*flushed}


@pytest.mark.cause("flushing")
@pytest.mark.parametrize("error", files._CANNOT_FLUSH)
def test_a_file_system_that_cannot_flush_is_written_to_all_the_same(
    error, tmp_path, monkeypatch
):
    def refuse(descriptor):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fsync", refuse)
    write_text(tmp_path / "text.txt", "x")
    assert (tmp_path / "text.txt").read_text() == "x"


@pytest.mark.cause("flushing")
def test_a_disk_that_fails_to_flush_leaves_what_was_there(tmp_path, monkeypatch):
    write_text(tmp_path / "text.txt", "before")

    def refuse(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"), whole_file(tmp_path / "text.txt") as path:
        path.write_text("after")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [
        ("text.txt", "before")
    ]


def with_json(**others):
    def damage(path):
        path.write_text(json.dumps({**json.loads(path.read_text()), **others}))

    return damage


def binary(path):
    path.write_bytes(bytes(range(256)) * 4)


def nested(path):
    path.write_text("[" * 100_000 if path.suffix == ".json" else "a = " + "[" * 100_000)


def a_list(path):
    path.write_text("[1, 2]")


def removed(path):
    path.unlink()


IDENTITIES = {
    "empty": emptied, "cut": cut, "binary": binary, "nested": nested, "a list": a_list,
    "zeros": zeroed, "removed": removed, "study": with_json(study=[]),
    "looks": with_json(looks="x"), "cohort": with_json(cohort=None),
    "versions": with_json(versions={}), "results": with_json(results_version={"models": "2"}),
    "nulls": with_json(study={"nulls": 4}),
}  # fmt: skip


@pytest.mark.cause("damaged-study")
@pytest.mark.parametrize("damage", IDENTITIES.values(), ids=IDENTITIES)
def test_an_identity_that_is_lost_costs_no_fit_and_is_said(
    damage, study, finished, out, capsys
):
    damage(out / "identity.json")
    with pytest.raises(DeepCMEError, match=r"identity\.json: ") as told:
        write_report(StudyFolder(out), ["md"])
    assert "\n" not in str(told.value)
    before = {path.name: path.stat().st_mtime_ns for path in tasks_of(out)}
    capsys.readouterr()
    assert tables_of(run(study, out)) == tables_of(finished)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "identity.json was lost or damaged and is made again" in said
    assert {path.name: path.stat().st_mtime_ns for path in tasks_of(out)} == before
    assert StudyFolder(out).read_looks() == [None, 2]
    write_report(StudyFolder(out), ["md"])


@pytest.mark.cause("damaged-study")
def test_with_the_identity_the_comparator_that_was_named_first_is_not_lost(study, out):
    (out / "identity.json").write_text("")
    models = [{"name": name} for name in ("LR", "KNN", "DT")]
    other = make_study(
        {**study.model_dump(exclude_none=True), "models": models, "comparator": "DT"}
    )
    with pytest.raises(DeepCMEError, match="it is named before results are seen"):
        run(other, out)


@pytest.mark.cause("damaged-study")
@pytest.mark.parametrize("damage", [emptied, cut_at_its_start, binary, nested, a_list, removed])
def test_a_damaged_record_of_the_study_is_told_and_made_again(damage, study, finished, out):
    damage(out / "study.toml")
    with pytest.raises(DeepCMEError, match=r"study\.toml: ") as told:
        write_report(StudyFolder(out), ["md"])
    assert "\n" not in str(told.value)
    run(study, out)
    assert (out / "study.toml").read_bytes() == (finished / "study.toml").read_bytes()


@pytest.mark.cause("damaged-study")
@pytest.mark.parametrize("damage", [emptied, cut, binary, nested, a_list, with_json(notes=4)])
def test_a_damaged_description_of_the_cohort_is_told_and_made_again(
    damage, study, finished, out
):
    damage(out / "cohort.json")
    with pytest.raises(DeepCMEError, match=r"cohort\.json: ") as told:
        write_report(StudyFolder(out), ["md"])
    assert "\n" not in str(told.value)
    run(study, out)
    assert (out / "cohort.json").read_bytes() == (finished / "cohort.json").read_bytes()


@pytest.mark.attack
@pytest.mark.cause("damaged-study")
@pytest.mark.parametrize("name", ["identity.json", "study.toml", "cohort.json"])
@pytest.mark.parametrize("command", ["report", "compare"])
def test_the_commands_say_so_in_one_sentence(name, command, out, tmp_path):
    shutil.copytree(out, tmp_path / "other")
    nested(out / name)
    more = tmp_path / "other" if command == "compare" else "-q"
    outcome = deepcme(command, out, more)
    if command == "compare" and name == "identity.json":  # which it need not read
        outcome.require_no_crash()
    else:
        outcome.require_one_sentence(name)


@pytest.mark.attack
@pytest.mark.cause("damaged-study")
@pytest.mark.parametrize("name", ["identity.json", "study.toml", "cohort.json"])
def test_a_folder_in_the_place_of_a_file_is_one_sentence(name, out, tmp_path):
    shutil.copy(out / "study.toml", tmp_path / "study.toml")
    (out / name).unlink()
    (out / name).mkdir()
    deepcme("report", out, "-q").require_one_sentence(name)
    deepcme("run", tmp_path / "study.toml", "--out", out, "-q").require_one_sentence(name)


def test_names_of_unfinished_files_tell_the_process():
    assert unfinished_name().startswith(f".deepcme-{this_machine()}-{os.getpid()}-")
