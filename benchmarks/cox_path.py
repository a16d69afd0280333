"""Time the lasso path of Cox's model beside R's glmnet, at the paper's number of genes.

Each fit has a process of its own and one thread; they take turns. Without R and glmnet it
says so and stops.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

N_PATIENTS, N_GENES, EVENTS = 716, 56_602, 0.2
ROUNDS = 3
_MODULE, _SIGNALS = 50, 20

_R = """
suppressMessages({library(glmnet); library(survival)})
y <- matrix(readBin("y.bin", "double", 2 * N), N, 2)
X <- matrix(readBin("X.bin", "double", N * P), N, P)
t <- system.time(fit <- glmnet(X, Surv(y[, 1], y[, 2]), family = "cox", standardize = FALSE))
cat(t[["elapsed"]], t[["user.self"]] + t[["sys.self"]], length(fit$lambda))
"""


def simulate() -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_]]:
    """Genes in modules that share half of their variance; twenty modules tell the hazard."""
    random = np.random.default_rng(0)
    X = np.empty((N_PATIENTS, N_GENES), dtype=np.float32)
    for start in range(0, N_GENES, _MODULE):
        module = X[:, start : start + _MODULE]
        module[:] = random.normal(size=module.shape) + random.normal(size=(N_PATIENTS, 1))
        module -= module.mean(axis=0)
        module /= module.std(axis=0)
    effects = random.normal(0, 0.35, _SIGNALS)
    times = random.exponential(np.exp(-X[:, : _SIGNALS * _MODULE : _MODULE] @ effects))
    ends = 2 * np.quantile(times, EVENTS) * random.uniform(size=N_PATIENTS)
    return X, np.minimum(times, ends), times <= ends


def time_ours() -> tuple[float, float, float, int]:
    """Seconds on the clock and of the processor, megabytes beyond the matrix, penalties."""
    from deepcme.cohort.follow_up import FollowUp
    from deepcme.models.survival.elastic_net_path import fit_cox_path

    X, times, events = simulate()
    follow_up = FollowUp(times, events)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock, processor = time.perf_counter(), time.process_time()
    n_penalties = len(fit_cox_path(X, follow_up))
    seconds = time.perf_counter() - clock, time.process_time() - processor
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return *seconds, more / 1024, n_penalties


def write_for_r(folder: Path) -> None:
    """Write what R reads; in a process of its own, as its peak memory stays with it."""
    X, times, events = simulate()
    X.astype(np.float64).T.tofile(folder / "X.bin")
    np.concatenate([times, events.astype(np.float64)]).tofile(folder / "y.bin")


def main() -> None:
    """Take turns, and print the medians and their ratio."""
    loaded = ["Rscript", "-e", "library(glmnet)"]
    if not shutil.which("Rscript") or subprocess.run(loaded, capture_output=True).returncode:
        sys.exit("R with glmnet is not there (Debian: r-cran-glmnet): nothing is compared.")
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    spawn = multiprocessing.get_context("spawn")
    script = f"N <- {N_PATIENTS}; P <- {N_GENES}\n{_R}"
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        with spawn.Pool(1) as pool:
            pool.apply(write_for_r, (Path(folder),))
        for _ in range(ROUNDS):
            with spawn.Pool(1) as pool:
                ours.append(pool.apply(time_ours))
            shown = subprocess.check_output(["Rscript", "-e", script], cwd=folder, text=True)
            theirs.append(tuple(map(float, shown.split())))
            print(*(f"{value:.1f}" for value in (*ours[-1], *theirs[-1])), flush=True)
    mine, glmnet = np.median(ours, axis=0), np.median(theirs, axis=0)
    print(f"deepcme {mine[0]:.1f} s, {mine[1]:.1f} s of processor, {mine[2]:.0f} MB of its own")
    print(f"glmnet {glmnet[0]:.1f} s, {glmnet[1]:.1f} s of processor")
    print(f"ratio {mine[0] / glmnet[0]:.2f} ({mine[1] / glmnet[1]:.2f} of processor)")


if __name__ == "__main__":
    main()
