"""`deepcme transfer`: whether what one cohort teaches holds in the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.model.options import AllowTrainingSamples, Results, say_notes
from deepcme.cli.options import Jobs, Quiet, Seed


def transfer(
    cohorts: Annotated[
        list[Path], typer.Argument(metavar="COHORT.h5ad...", help="Two or more cohorts.")
    ],
    out: Results,
    jobs: Jobs = None,
    allow_training_samples: AllowTrainingSamples = False,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Train on every cohort and test on every other, to see whether the signal crosses over.

    Genes in common, each standardised within its cohort without the outcomes. The
    ensemble and tuned logistic regression, their AUCs as table and chart; of times to an
    event the ensemble of times and Cox ridge regression, by Uno's C. Patients whom two
    cohorts have are left out where one tests the other.
    """
    from joblib import cpu_count

    from deepcme.base.files.locks import only_one_making
    from deepcme.base.words import cleaned
    from deepcme.cohort.cohort import Cohort
    from deepcme.report.external.transfer import write_transfer
    from deepcme.trained.transfer import compute_transfer, measure_of, notes_on_transfer

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
        write_transfer(table, out)
    say_notes(notes_on_transfer(table), quiet)
    if not quiet:
        measure, heading = measure_of(table)
        for row in table.to_dict("records"):
            pair = f"{row['train']} to {row['test']}, {row['model']}"
            has_interval = row["ci_low"] == row["ci_low"]
            interval = f"95% interval {row['ci_low']:.2f} to {row['ci_high']:.2f}, "
            beside = f"{interval if has_interval else ''}{row['events']} events"
            say(f"{pair}: {heading} {row[measure]:.2f} ({beside})")
        say(f"Wrote {out}.")
