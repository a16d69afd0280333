"""Models of one cohort beside the same with the patients of others: thirty folds of each."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from deepcme.study.run import run_study
from deepcme.study.spec import make_study

SPLIT = {"design": "folds", "folds": 5, "repeats": 6}
MODELS = ("DeepCME-ensemble", "LR-tuned")


def pairs_of(cohorts: list[Path]) -> Iterator[tuple[Path, tuple[Path, ...]]]:
    """Each cohort with all others, then with each other alone."""
    sizes = sorted({1, len(cohorts) - 1}, reverse=True)
    for size in sizes:
        for own in cohorts:
            for others in combinations([one for one in cohorts if one != own], size):
                yield own, others


def run_pair(
    own: Path, others: tuple[Path, ...], models: list[str], out: Path, jobs: int
) -> Path:
    """Run the study of a cohort and others; fits that another folder of it has are taken."""
    folder = out / "-".join([own.stem, "with", *(path.stem for path in others)])
    before = sorted(out.glob(f"{own.stem}-with-*"))
    if not folder.exists() and before:
        shutil.copytree(before[0], folder)
    study = make_study(
        {
            "cohort": {"path": own.absolute()},
            "split": SPLIT,
            "models": models,
            "also": {"cohorts": [path.absolute() for path in others]},
        }
    )
    run_study(study, folder, jobs=jobs)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cohorts", nargs="+", type=Path, help="Three or more .h5ad files.")
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--only", help="The name of the one own cohort to run.")
    parser.add_argument("--out", type=Path, default=Path("results/also"))
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    for own, others in pairs_of(given.cohorts):
        if given.only in (None, own.stem):
            run_pair(own, others, given.models, given.out, given.jobs)


if __name__ == "__main__":
    main()
