"""A pipe, a device, a socket or a folder where a file should be: a sentence at once, no hang."""

import os
import shutil
import socket
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.attacks.command import deepcme
from tests.attacks.crafted import sound_cohort
from tests.attacks.test_strangers_files import MODEL

pytestmark = pytest.mark.cause("not-a-file")


def a_pipe(path):
    os.mkfifo(path)


def a_device(path):
    path.symlink_to("/dev/zero")


def a_socket(path):
    folder = Path.cwd()
    os.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(path.name)
    os.chdir(folder)


def a_folder(path):
    path.mkdir()


def a_dangling_link(path):
    path.symlink_to("gone")


@pytest.fixture
def place(tmp_path):
    """A folder with a sound cohort, tables, a model and a study file."""
    sound_cohort(tmp_path / "cohort.h5ad")
    samples = [f"S{i}" for i in range(12)]
    values = np.random.default_rng(1).gamma(2.0, 30.0, (12, 5))
    pd.DataFrame(values, samples, list("ABCDE")).rename_axis("sample").to_csv(
        tmp_path / "x.csv"
    )
    pd.DataFrame({"sample": samples, "y": [0, 1] * 6}).to_csv(tmp_path / "y.csv", index=False)
    (tmp_path / "study.toml").write_text('[cohort]\npath = "cohort.h5ad"\n')
    shutil.copytree(MODEL, tmp_path / "model")
    return tmp_path


TABLES = ("prepare", "table", "--expression", "x.csv", "--samples", "y.csv")
COMMANDS = {
    "cohort.h5ad": ("audit", "cohort.h5ad"),
    "study.toml": ("run", "study.toml", "--out", "out"),
    "x.csv": (*TABLES, "--label", "y", "-o", "out.h5ad"),
    "y.csv": (*TABLES, "--label", "y", "-o", "out.h5ad"),
    "model/manifest.json": ("predict", "model", "x.csv", "-o", "out.csv"),
    "model/model.safetensors": ("predict", "model", "x.csv", "-o", "out.csv"),
    "signature.txt": ("run", "signed.toml", "--out", "out"),
    "mine.csv": ("signatures", "score", "x.csv", "--signature", "mine.csv", "-o", "out.csv"),
    "series.txt.gz": (
        "prepare",
        "geo",
        "series.txt.gz",
        "--label",
        "y",
        "-o",
        "o.h5ad",
    ),
    "sheet.tsv": (
        *("prepare", "gdc", ".", "--sample-sheet", "sheet.tsv"),
        *("--label", "m1", "-o", "out.h5ad"),
    ),
    "out/identity.json": ("report", "out"),
    "out/predictions.parquet": ("report", "out"),
}
QUICK = [("model/manifest.json", a_pipe)]
CASES = [
    pytest.param(name, made, id=f"{name} is {made.__name__.replace('_', ' ')}")
    for name in COMMANDS
    for made in (a_pipe, a_device, a_socket, a_folder, a_dangling_link)
    if (name, made) not in QUICK
]


def refused(place, name, made):
    path = place / name
    if name == "signature.txt":
        text = (place / "study.toml").read_text()
        (place / "signed.toml").write_text(f'{text}[nulls]\nsignatures = ["{name}"]\n')
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    made(path)
    outcome = deepcme(*COMMANDS[name], folder=place)
    outcome.require_one_sentence()
    assert outcome.peak_mb < 1000


@pytest.mark.parametrize(("name", "made"), QUICK)
def test_a_pipe_in_a_model_is_refused_at_once(place, name, made):
    refused(place, name, made)


@pytest.mark.attack
@pytest.mark.parametrize(("name", "made"), CASES)
def test_no_command_waits_for_what_is_no_file(place, name, made):
    refused(place, name, made)
