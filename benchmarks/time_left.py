"""Compare the time left that a study says with the time that it really takes.

Two studies of an invented cohort are run five times each, as a user runs them on a
terminal: one of fast and slow models, one with gene selection. Whatever the bar says from a
tenth of the work on, until `LAST_SECONDS` before the fits are done, is divided by the time
that was really left. A run counts by its worst factor, up or down; the median of the runs
should be 1.5 at the most.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from deepcme.simulation.cohorts import CohortDesign, simulate_cohort

RUNS = 5
FIRST_SHARE = 0.1
LAST_SECONDS = 3.0
MODELS = ["LR", "SVC", "RF", "DT", "KNN", "DeepCME", "DeepCME-ensemble"]
STUDIES = {"fast and slow models": "repeats = 2", "with selection": "repeats = 1"}
UNITS = {"h": 3600, "min": 60, "s": 1}

_SAID = re.compile(r"(\d+)%\s+([\d,]+) of ([\d,]+) fits, about ((?:\d+ (?:h|min|s) ?)+)left")


def read_duration(words: str) -> float:
    """Seconds of a time in words."""
    found = re.findall(r"(\d+) (h|min|s)", words)
    return float(sum(int(number) * UNITS[unit] for number, unit in found))


def run_study(command: list[str]) -> list[tuple[float, float, float]]:
    """Moment, share of the work and seconds left, each time that the bar says them."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "160"}
    process = subprocess.Popen(command, stderr=theirs, env=environment)
    os.close(theirs)
    said, sent = [], ""
    try:
        while block := os.read(ours, 65536):
            sent += block.decode(errors="replace")
            found = list(_SAID.finditer(re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", sent)))
            if found:
                share, words = int(found[-1][1]) / 100, found[-1][4]
                said.append((time.monotonic(), share, read_duration(words)))
                sent = ""
            if re.search(r"100%", sent):
                said.append((time.monotonic(), 1.0, 0.0))
                sent = ""
    except OSError:  # how Linux says that the other end was closed
        pass
    os.close(ours)
    if process.wait() != 0:
        raise SystemExit(f"The study failed: {sent}")
    return said


def worst_factors(said: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Worst factor from a tenth of the work on, the median ratio, and the seconds of all."""
    end = next(moment for moment, share, _ in said if share == 1)
    ratios = np.array(
        [
            left / (end - moment)
            for moment, share, left in said
            if share >= FIRST_SHARE and end - moment > LAST_SECONDS
        ]
    )
    return (
        float(np.maximum(ratios, 1 / ratios).max()),
        float(np.median(ratios)),
        end - said[0][0],
    )


def main() -> None:
    """Print each run's worst factor, and the median of the runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--study", choices=[*STUDIES])
    arguments = parser.parse_args()
    deepcme = "from deepcme.cli.main import main; main()"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        design = CohortDesign(samples=200, events=60, genes=1500, signal_genes=20)
        simulate_cohort(design).save(folder / "cohort.h5ad")
        for study, split in STUDIES.items():
            if arguments.study not in (None, study):
                continue
            file = folder / "study.toml"
            selection = "[selection]\nrun = true\n" if study == "with selection" else ""
            file.write_text(
                f"models = {MODELS}\n[cohort]\npath = 'cohort.h5ad'\n[split]\n{split}\n"
                f"{selection}"
            )
            factors = []
            for number in range(1, arguments.runs + 1):
                out = folder / f"{study} {number}"
                command = ["run", str(file), "--out", str(out), "--jobs", str(arguments.jobs)]
                said = run_study([sys.executable, "-c", deepcme, *command])
                worst, middle, seconds = worst_factors(said)
                factors.append(worst)
                print(
                    f"{study}, run {number}: {seconds:.0f} s of fits, said / real: median "
                    f"{middle:.2f}, worst factor {worst:.2f}",
                    flush=True,
                )
            print(f"{study}: median of the worst factors {np.median(factors):.2f}")


if __name__ == "__main__":
    main()
