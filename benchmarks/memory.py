"""Peak memory and time of `prepare` and `audit`, as times the matrix beyond 250 MB."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

BASELINE_MB = 250
SHAPES = {"matrix.csv": (5_000, 20_000), "matrix.parquet": (1_193, 56_602)}
_MAXRSS_PER_MB = 1e6 / (1 if sys.platform == "darwin" else 1024)
_MAIN = "from deepcme.cli.main import main; main()"


def write_study(folder: Path, name: str, n_samples: int, n_genes: int) -> None:
    """An invented matrix of values as FPKM has them, samples in rows, and its samples."""
    random = np.random.default_rng(0)
    samples = [f"S{row}" for row in range(n_samples)]
    genes = [f"ENSG{number:011d}" for number in range(n_genes)]
    labels = "".join(f"{sample},{row % 5 == 0:d}\n" for row, sample in enumerate(samples))
    (folder / "samples.csv").write_text("sample,label\n" + labels)
    level = random.gamma(1.2, 2.5, n_genes)
    values = np.empty((n_samples, n_genes), dtype=np.float32)
    for row in range(n_samples):
        values[row] = np.round(np.maximum(level + random.normal(0, 1, n_genes), 0), 3)
    if name.endswith(".parquet"):
        columns = dict(zip(genes, values.T, strict=True))
        parquet.write_table(pa.table({"sample": samples} | columns), folder / name)
        return
    with (folder / name).open("w") as file:
        file.write("sample," + ",".join(genes) + "\n")
        for sample, row in zip(samples, values, strict=True):
            file.write(sample + "," + ",".join(f"{value:.3f}" for value in row) + "\n")


def measure(folder: Path, *arguments: str) -> tuple[float, float]:
    """Peak memory in MB and seconds of a command that must succeed."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", _MAIN, *arguments], cwd=folder, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"deepcme {' '.join(arguments)} failed.")
    return usage.ru_maxrss / _MAXRSS_PER_MB, time.monotonic() - start


def main() -> None:
    """Print a line for each command and matrix."""
    for name, shape in SHAPES.items():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            # By a process of its own: a command's peak begins at that of who starts it.
            writer = multiprocessing.get_context("spawn").Process(
                target=write_study, args=(folder, name, *shape)
            )
            writer.start()
            writer.join()
            files = ("--expression", name, "--samples", "samples.csv", "--label", "label")
            matrix_mb = 4 * shape[0] * shape[1] / 1e6
            for most, arguments in (
                (3, ("prepare", "table", *files, "-o", "cohort.h5ad")),
                (2, ("audit", "cohort.h5ad")),
            ):
                peak_mb, seconds = measure(folder, *arguments)
                times = (peak_mb - BASELINE_MB) / matrix_mb
                print(
                    f"{arguments[0]} {name}, {shape[0]:,} x {shape[1]:,}: {peak_mb:,.0f} MB, "
                    f"{times:.1f} times the matrix beyond {BASELINE_MB} MB (promised: at most "
                    f"{most}), {seconds:.0f} s"
                )


if __name__ == "__main__":
    main()
