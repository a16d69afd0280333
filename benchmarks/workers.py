"""Time a study of equal fits on one worker and on two: processes, then a Dask cluster.

Start-up is left out: workers are started, and have fitted something, before the clock
starts. The rounds of one and two workers take turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np
from distributed import Client, LocalCluster

from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.cohort import Cohort
from deepcme.study.executors.cluster import run_on_dask
from deepcme.study.executors.processes import run_on_processes
from deepcme.study.plan import make_plan
from deepcme.study.spec import make_study
from deepcme.study.tasks import Task

N_FITS = 20
N_GENES = 1_000
ROUNDS = 3

Run = Callable[[list[Task]], object]


def make_tasks() -> tuple[CohortArrays, list[Task]]:
    """Networks of the paper's size on noise, one for each of 20 splits."""
    random = np.random.default_rng(0)
    cohort = Cohort.from_arrays(
        random.gamma(2.0, 3.0, (1_000, N_GENES)),
        np.arange(1_000) % 2,
        samples=[f"S{i}" for i in range(1_000)],
        genes=[f"gene{i}" for i in range(N_GENES)],
        endpoint="none: noise",
        scale="fpkm",
        name="noise",
    )
    study = make_study(
        {
            "cohort": {"path": "noise.h5ad"},
            "split": {"design": "repeated", "repeats": N_FITS},
            "models": [{"name": "DeepCME", "parameters": {"max_epochs": 500}}],
        }
    )
    plan = make_plan(study, cohort)
    return CohortArrays.of(plan.cohort), list(plan.tasks)


def measure(runs: dict[str, Run], tasks: list[Task]) -> dict[str, float]:
    """Median seconds of each way to run the tasks."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run(tasks[:2])
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            run(tasks)
            times[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in times.items()}


def main() -> None:
    """Print the two ratios."""
    data, tasks = make_tasks()
    with ExitStack() as stack:
        runs: dict[str, Run] = {}
        for n in (1, 2):
            runs[f"processes {n}"] = lambda some, n=n: list(run_on_processes(data, some, n))
            cluster = stack.enter_context(
                LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=None)
            )
            address = cluster.scheduler_address
            stack.enter_context(Client(address))
            runs[f"Dask {n}"] = lambda some, at=address: list(run_on_dask(data, some, at))
        times = measure(runs, tasks)
    for kind in ("processes", "Dask"):
        one, two = times[f"{kind} 1"], times[f"{kind} 2"]
        print(f"{kind}: one worker {one:.1f} s, two {two:.1f} s: {one / two:.2f} times faster")


if __name__ == "__main__":
    main()
