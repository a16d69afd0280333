"""`deepcme transfer`: whether what one cohort teaches holds in the others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.base.words import counted
from deepcme.cli.model.options import AllowTrainingSamples, Results, say_notes
from deepcme.cli.options import Jobs, Quiet, Seed
from deepcme.cli.tables import say_table

if TYPE_CHECKING:
    import pandas as pd


def transfer(
    cohorts: Annotated[
        list[Path], typer.Argument(metavar="COHORT.h5ad", help="Two or more cohorts.")
    ],
    out: Results,
    jobs: Jobs = None,
    allow_training_samples: AllowTrainingSamples = False,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Train on every cohort and test on every other, and on itself by cross-validation.

    Whether the signal crosses over. Genes in common, each standardised within its cohort
    without the outcomes. The ensemble and tuned logistic regression, their AUCs as table,
    chart and page; of times to an event the ensemble of times and Cox ridge regression, by
    Uno's C. Patients whom two cohorts have are left out where one tests the other.
    """
    from joblib import cpu_count

    from deepcme.base.files.locks import only_one_making
    from deepcme.base.words import cleaned
    from deepcme.cohort.cohort import Cohort
    from deepcme.report.external.transfer import describe_transfer, write_transfer
    from deepcme.trained.transfer import compute_transfer, notes_on_transfer

    with only_one_making(out):
        loaded = {cleaned(path.stem): Cohort.load(path) for path in cohorts}
        if len(loaded) < len(cohorts) or len(loaded) < 2:
            raise DeepCMEError(
                "deepcme transfer needs two or more cohorts of different file names."
            )
        table = compute_transfer(
            loaded,
            seed=seed,
            jobs=jobs or cpu_count(),
            allow_training_samples=allow_training_samples,
            quiet=quiet,
        )
        page = write_transfer(table, out)
    say_notes(notes_on_transfer(table), quiet)
    if not quiet:
        _say_matrices(table)
        say(describe_transfer(table))
        say(f"Report: {page}")


def _say_matrices(table: pd.DataFrame) -> None:
    """For each model the cohorts it learned from by those it was tested on."""
    from deepcme.trained.transfer import measure_of

    measure, heading = measure_of(table)
    for model, rows in table.groupby("model", sort=False):
        cells = {
            (row["train"], row["test"]): _cell(row, measure) for row in rows.to_dict("records")
        }
        names = list(dict.fromkeys(train for train, _ in cells))
        say(f"{model}: {heading} (95% interval)")
        say_table(
            ["learned from \\ tested on", *(_heading(name, rows) for name in names)],
            [[train, *(cells.get((train, test), "") for test in names)] for train in names],
        )
        say()


def _heading(name: str, rows: pd.DataFrame) -> str:
    """A cohort with its events, which differ where patients of another are left out."""
    events = rows.loc[rows["test"] == name, "events"]
    least, most = int(events.min()), int(events.max())
    return f"{name}, {f'{least:,} to ' if least < most else ''}{counted(most, 'event')}"


def _cell(row: Mapping[Hashable, Any], measure: str) -> str:
    """A value with its interval, where there is one."""
    own = "own: " if row["train"] == row["test"] else ""
    value = f"{own}{row[measure]:.2f}"
    has_interval = row["ci_low"] == row["ci_low"]
    return f"{value} ({row['ci_low']:.2f} to {row['ci_high']:.2f})" if has_interval else value
