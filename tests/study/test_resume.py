"""A run survives kill -9, and the loss of a worker of its cluster."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from tests.conftest import invented_cohort

TABLES = (
    "predictions.parquet", "metrics.csv", "gene_scores.csv", "history.parquet", "nulls.csv",
    "panel_curve.csv", "selection_genes.csv", "held_out_gene_scores.csv",
)  # fmt: skip
N_TASKS = 12 + 12 + 24
"""Fits, those of null runs, and steps of gene selection."""
NETWORK = {"name": "DeepCME", "parameters": {"hidden_layers": [16, 16], "max_epochs": 20}}


@pytest.fixture(scope="module")
def study_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resume")
    invented_cohort(n_patients=90, n_genes=60, positives=30).save(folder / "cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": folder / "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": 4},
            "models": [NETWORK, "LR", "RF"],
            "nulls": {"permutations": 2, "gene_sets": 1, "sizes": [20]},
            "selection": {"run": True, "random_panels": 1, "pairs": 1},
        }
    )
    (folder / "study.toml").write_text(study.to_toml())
    return folder / "study.toml"


@pytest.fixture(scope="module")
def undisturbed(study_file):
    from deepcme.study.spec import load_study

    folder = run_study(load_study(study_file), study_file.parent / "whole", jobs=1, quiet=True)
    return {name: (folder.path / name).read_bytes() for name in TABLES}


def command(study_file, out, *more):
    code = "from deepcme.cli.main import main; main()"
    return [sys.executable, "-c", code, "run", str(study_file), "--out", str(out), "-q", *more]


@pytest.mark.parametrize("n_kills", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_kills_at_random_moments_change_nothing(n_kills, study_file, undisturbed, tmp_path):
    out = tmp_path / "out"
    random = np.random.default_rng()
    killed_at = []
    for _ in range(n_kills):
        process = subprocess.Popen(command(study_file, out, "--jobs", "1"))
        # Wait until some fit is there, so that each kill falls into the work itself.
        done = len(list(out.glob("tasks/*.npz")))
        while len(list(out.glob("tasks/*.npz"))) <= done and process.poll() is None:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed_at.append(len(list(out.glob("tasks/*.npz"))))
    subprocess.run(command(study_file, out, "--jobs", "1"), check=True)
    assert 0 < killed_at[0] < N_TASKS, killed_at
    assert {name: (out / name).read_bytes() for name in TABLES} == undisturbed
    assert not list(out.glob("**/.deepcme-*"))


def dask(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def scheduler(tmp_path):
    """The address of a scheduler without workers, a process of its own on loopback."""
    pytest.importorskip("distributed", reason="Dask is not installed")
    address_file = tmp_path / "scheduler.json"
    process = dask(
        "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
        "--scheduler-file", str(address_file),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not address_file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    yield json.loads(address_file.read_text())["address"]
    process.kill()
    process.wait()


@pytest.fixture
def two_workers(scheduler, tmp_path):
    """A scheduler and two workers of one thread."""
    workers = [
        dask(
            "worker", scheduler, "--nthreads", "1",
            "--no-dashboard", "--no-nanny", "--host", "127.0.0.1",
            "--local-directory", str(tmp_path),
        )
        for _ in range(2)
    ]  # fmt: skip
    yield scheduler, workers
    for process in workers:
        process.kill()
        process.wait()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.slow
def test_a_lost_dask_worker_changes_nothing(two_workers, study_file, undisturbed, tmp_path):
    address, workers = two_workers
    out = tmp_path / "out"
    process = subprocess.Popen(command(study_file, out, "--scheduler", address))
    while len(list(out.glob("tasks/*.npz"))) < 2 and process.poll() is None:
        time.sleep(0.02)
    workers[0].kill()
    assert process.wait(timeout=300) == 0
    assert {name: (out / name).read_bytes() for name in TABLES} == undisturbed
