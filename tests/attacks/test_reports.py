"""Reports are the same bytes wherever and whenever they are made, and need no more addresses."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.attacks.command import deepcme
from tests.attacks.crafted import sound_cohort

STUDY = """[cohort]
path = "{place}/cohort.h5ad"
[split]
design = "repeated"
repeats = 2
[[models]]
name = "LR"
[[models]]
name = "KNN"
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A small study's folder, with its report."""
    place = tmp_path_factory.mktemp("study")
    sound_cohort(place / "cohort.h5ad")
    (place / "study.toml").write_text(STUDY.format(place=place))
    done = deepcme(
        "run", "study.toml", "--out", "out", "--jobs", "1", "-q", timeout=300, folder=place
    )
    assert done.code == 0, done.err
    return place / "out"


def files_in(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def reported(folder, *, limit_gb=None, **environment):
    """`python -m deepcme report`, perhaps with so many GB of addresses: what it said."""

    def limit():
        import resource

        if limit_gb:
            resource.setrlimit(resource.RLIMIT_AS, (limit_gb << 30, limit_gb << 30))

    done = subprocess.run(
        [sys.executable, "-m", "deepcme", "report", folder],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        preexec_fn=limit,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


SETTINGS = {
    "another time zone": {"TZ": "Asia/Tokyo"},
    "a date for builds": {"SOURCE_DATE_EPOCH": "86400"},
    "another order of sets": {"PYTHONHASHSEED": "77"},
    "another language": {"LC_ALL": "C", "LANG": "C"},
    "many threads": {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3"},
}


@pytest.mark.attack
@pytest.mark.cause("same-report")
@pytest.mark.parametrize("name", SETTINGS)
def test_a_report_made_again_elsewhere_is_the_same_in_every_byte(study, tmp_path, name):
    copy = tmp_path / "a folder of another name"
    shutil.copytree(study, copy, ignore=shutil.ignore_patterns("figures", "report.*"))
    reported(copy, **SETTINGS[name])
    assert files_in(copy) == files_in(study)


@pytest.mark.attack
@pytest.mark.cause("same-report")
def test_a_study_run_again_on_two_processes_is_the_same_in_every_byte(study, tmp_path):
    arguments = ("run", study.parent / "study.toml", "--out", tmp_path / "out", "--jobs", "2")
    assert deepcme(*arguments, "-q", timeout=300).code == 0
    assert files_in(tmp_path / "out") == files_in(study)


@pytest.mark.attack
@pytest.mark.cause("address-space")
@pytest.mark.parametrize("limit_gb", [12, 8, 6, 4, 40])
def test_a_report_in_few_addresses_is_whole_and_says_what_is_not_drawn(
    study, tmp_path, limit_gb
):
    copy = tmp_path / "copy"
    shutil.copytree(study, copy)
    said = reported(copy, limit_gb=limit_gb)
    told = [line for line in said.splitlines() if line != "Writing the report ..."]
    assert len(told) == 1
    assert f"and `ulimit -v` allows {limit_gb} GB; draw them where it is unlimited" in said
    made, whole = files_in(copy), files_in(study)
    assert not list((copy / "figures").glob("*.*"))
    assert {path for path in whole if path.parts[0] != "figures"} == set(made)
    for path in ("report.html", "report.md"):
        assert (copy / path).read_bytes() == (study / path).read_bytes()


@pytest.mark.cause("module")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--version",), 0, "deepcme "),
        (("--help",), 0, "Usage: deepcme "),
        (("run", "--help"), 0, "Usage: deepcme run "),
        (("audit", "none.h5ad"), 2, "deepcme: none.h5ad: there is no such file."),
        (("runn",), 2, "No such command 'runn'"),
        (("audit",), 2, "Usage: deepcme audit "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_module_is_the_command(arguments, code, words, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "deepcme", *arguments],
        cwd=tmp_path,
        env=os.environ | {"TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert words in done.stdout + done.stderr
    assert "__main__" not in done.stdout + done.stderr
