"""Models of one cohort beside the same with the patients of others: thirty folds of each.

Every cohort is tested by itself, and learned from with all others and with each other one. Fits
that are done are kept, so that a run that was stopped goes on where it was. The table goes to
docs/benchmarks.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import pandas as pd
from pages import put

from deepcme.base.files.files import write_csv
from deepcme.base.words import listed
from deepcme.report.contents import compute_contents
from deepcme.report.sections.others.also import ALONE, AT_COMMON_GENES, WITH_OTHERS
from deepcme.study.run import run_study
from deepcme.study.spec import make_study
from deepcme.study.store import StudyFolder

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"
SPLIT = {"design": "folds", "folds": 5, "repeats": 6}
MODELS = ("LR-tuned",)
NAMES = {"veer": "van 't Veer", "g25055": "GSE25055", "g1992": "GSE1992"}
"""What the columns of the page call files of these names."""


def pairs_of(
    cohorts: Sequence[Path], *, is_quick: bool = False
) -> Iterator[tuple[Path, tuple[Path, ...]]]:
    """Each cohort with all others, then, unless it shall be quick, with each other alone."""
    most = len(cohorts) - 1
    for size in [most] if is_quick or most == 1 else [most, 1]:
        for own in cohorts:
            for others in combinations([one for one in cohorts if one != own], size):
                yield own, others


def run_pair(
    own: Path, others: tuple[Path, ...], models: Sequence[str], out: Path, jobs: int
) -> StudyFolder:
    """Run the study of a cohort and others; fits that another folder of it has are taken."""
    folder = out / "-".join([own.stem, "with", *(path.stem for path in others)])
    before = sorted(out.glob(f"{own.stem}-with-*"))
    if not folder.exists() and before:
        shutil.copytree(before[0], folder)
    study = make_study(
        {
            "cohort": {"path": own.absolute()},
            "split": SPLIT,
            "models": list(models),
            "also": {"cohorts": [path.absolute() for path in others]},
        }
    )
    return run_study(study, folder, jobs=jobs)


def collect(folder: StudyFolder, own: Path, others: tuple[Path, ...]) -> pd.DataFrame:
    """What the report of a study says of others' patients."""
    table = compute_contents(folder).tables["with_others"]
    table.insert(0, "others", " + ".join(_name(path) for path in others))
    table.insert(0, "cohort", _name(own))
    return table


def _name(path: Path) -> str:
    stem = path.stem.removesuffix("_times")
    return NAMES.get(stem, stem)


def write(tables: Sequence[pd.DataFrame], name: str, measure: str) -> None:
    """Write the table as CSV, and put it on the page between its marks."""
    table = pd.concat(tables, ignore_index=True)
    write_csv(OUTPUT / f"{name}.csv", table)
    put(OUTPUT / "also.md", name, "\n".join(_lines(table, measure)))


def _lines(table: pd.DataFrame, measure: str) -> Iterator[str]:
    headings = (
        *("cohort", "others", "model", "own / others' patients", "common genes"),
        *(f"{measure}, own", "own, common genes", "own and others'"),
        *("others add to own at common genes", "others add to own"),
    )
    yield f"| {' | '.join(headings)} |"
    yield "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    keys = ["cohort", "others", "model"]
    for key, rows in table.groupby(keys, sort=False):
        arm = rows.set_index("arm")
        together = arm.loc[WITH_OTHERS]
        alone = arm.loc[ALONE]
        fair = arm.loc[AT_COMMON_GENES] if AT_COMMON_GENES in arm.index else alone
        cells = [
            *key,
            f"{together['own_patients']:.0f} / {together['other_patients']:.0f}",
            f"{together['genes']:,.0f}",
            *(_interval(row, "value", "ci_low", "ci_high", ".2f") for row in (alone, fair)),
            _interval(together, "value", "ci_low", "ci_high", ".2f"),
            *(
                _interval(row, "difference", "difference_low", "difference_high", "+.2f")
                for row in (fair, alone)
            ),
        ]
        yield f"| {' | '.join(map(str, cells))} |"


def _interval(row: pd.Series, value: str, low: str, high: str, form: str) -> str:
    ends = f"{row[low]:{form}} to {row[high]:{form}}"
    return f"{row[value]:{form.replace('2', '3')}} ({ends})"


def main() -> None:
    """Run what is missing and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cohorts", nargs="+", type=Path, help="Three or more .h5ad files.")
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--out", type=Path, default=Path("build/also"))
    parser.add_argument("--name", default="also", help="Of the files in docs/benchmarks.")
    parser.add_argument("--measure", default="AUC")
    parser.add_argument("--quick", action="store_true", help="Only with all others at once.")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    if len(given.cohorts) < 2:
        parser.error(f"give two cohorts or more, not {listed(map(str, given.cohorts))}")
    tables = []
    for own, others in pairs_of(given.cohorts, is_quick=given.quick):
        folder = run_pair(own, others, given.models, given.out, given.jobs)
        tables.append(collect(folder, own, others))
    write(tables, given.name, given.measure)


if __name__ == "__main__":
    main()
