"""Panels of the genes that two cohorts share: trained on one, frozen, tested on the other.

The platforms differ, so that each gene is brought to the training cohort by its mean and
deviation among the new patients (`--normalise cohort`), without their outcome.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from committee import NAMES
from panels_page import write_across

import deepcme
from deepcme.base.files.files import write_csv
from deepcme.cohort.cohort import Cohort

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"
SIZES: tuple[int | None, ...] = (10, 20, 50, None)
"""None is the whole list."""


def find_shared(cohort: Cohort, other: Cohort) -> list[str]:
    """Symbols that both have, whatever their capital letters, as the first spells them."""
    others = {str(symbol).upper() for symbol in other.symbols}
    return [str(symbol) for symbol in cohort.symbols if str(symbol).upper() in others]


def test_panel(
    cohort: Cohort,
    other: Cohort,
    genes: list[str],
    size: int | None,
    normalise: Literal["none", "cohort"] = "cohort",
) -> dict[str, Any]:
    """What was expected of a panel, and what was found."""
    model = deepcme.train(cohort, panel=size, genes=genes, quiet=True)
    found = deepcme.validate(model, other, normalise=normalise)
    auc = found.tables["external_auc"].iloc[0]
    calibration = found.tables["external_calibration"]
    as_it_came = calibration[calibration["model"] == "as it came"].set_index("metric")
    expected = model.manifest.performance.auc
    row = {
        "genes": model.manifest.panel.candidates if size is None else size,
        "candidates": model.manifest.panel.candidates,
        "refit": model.manifest.panel.refit,
        "expected": expected.value,
        "expected_low": expected.ci_low,
        "expected_high": expected.ci_high,
        "normalise": normalise,
        "auc": auc["value"],
        "ci_low": auc["ci_low"],
        "ci_high": auc["ci_high"],
        "n": int(auc["n"]),
        "events": int(auc["events"]),
    }
    for metric in ("observed_expected", "slope"):
        names = {"value": metric, "ci_low": f"{metric}_low", "ci_high": f"{metric}_high"}
        row |= {name: as_it_came.loc[metric, column] for column, name in names.items()}
    return row


def main() -> None:
    """Train, test, and write the table where the cohorts are those of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cohort", type=Path, help="that trains, .h5ad with labels")
    parser.add_argument("other", type=Path, help="that tests")
    asked = parser.parse_args()
    cohort, other = Cohort.load(asked.cohort), Cohort.load(asked.other)
    genes = find_shared(cohort, other)
    rows = [test_panel(cohort, other, genes, size) for size in SIZES]
    rows.append(test_panel(cohort, other, genes, 20, "none"))
    table = pd.DataFrame(rows)
    print(table.round(3).T.to_string())
    if [NAMES.get(path.stem) for path in (asked.cohort, asked.other)] == [
        "van 't Veer",
        "GSE25055",
    ]:
        write_csv(OUTPUT / "panels-across.csv", table.round(4))
        write_across(OUTPUT / "panels.md", table)


if __name__ == "__main__":
    main()
