"""`deepcme train`, `predict`, `validate` and `transfer`: models in use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.options import Jobs, Quiet, Repeats, Seed, new_folder, writable
from deepcme.models.registry import DEFAULT_MODELS, KINDS

if TYPE_CHECKING:
    from deepcme.trained.model import Model

ModelFolder = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Folder that `deepcme train` wrote.")
]
AllowMissing = Annotated[
    bool,
    typer.Option(
        "--allow-missing",
        help="Predict even if over 5% of the model's genes have no value; each counts as its "
        "training mean.",
    ),
]
AllowTrainingSamples = Annotated[
    bool,
    typer.Option(
        "--allow-training-samples",
        help="Go on with patients that the model learned from; the result then says so "
        "everywhere.",
    ),
]
Results = Annotated[
    Path,
    typer.Option("--output", "-o", callback=new_folder, help="Folder for the results."),
]
Normalise = Annotated[
    Literal["none", "cohort", "rank"],
    typer.Option(
        help="How values of another platform are brought to the model's. "
        "none: not at all; needs the model's platform. "
        "cohort: each gene by its mean and deviation in these samples; needs 20 or more of "
        "them with a case mix like the training's, and a prediction then depends on the other "
        "samples. "
        "rank: within each sample, ranks to the training's values; works for one sample, but "
        "takes its genes to rank alike on both platforms, so not for log ratios."
    ),
]


_KEPT = [k.name for k in KINDS.values() if k.can_be_kept({})]
_DEFAULTS = f"{DEFAULT_MODELS['binary']}; of times {DEFAULT_MODELS['survival']}"
_READ_ON = "What its columns mean and when to rely on them: docs/models-in-use.md, Predicting."


def train(
    cohort: Annotated[Path, typer.Argument(metavar="COHORT.h5ad", help="Cohort to learn.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", callback=new_folder, help="Folder for the model."),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Model, as a study names it: {', '.join(_KEPT)}.",
            show_default=_DEFAULTS,
        ),
    ] = None,
    horizon: Annotated[
        float | None,
        typer.Option(
            metavar="T",
            help="Of times: by when a model tells the risk, in the cohort's unit.",
            show_default="the cohort's",
        ),
    ] = None,
    repeats: Repeats = None,
    jobs: Jobs = None,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Train a model on all patients of a cohort, to hand on and to predict others with.

    A committee of unlike models, or another one, calibrated out of fold; of times to an
    event it learns the times, and tells the risk by a horizon. What to expect of new
    patients like these is measured by cross-validation and kept in the model.
    """
    from joblib import cpu_count

    from deepcme.base.files.locks import only_one_making
    from deepcme.cohort.cohort import Cohort
    from deepcme.trained.files import save_model
    from deepcme.trained.training import TrainingSettings, train_model

    settings = TrainingSettings(
        repeats, seed, jobs or cpu_count(), model=model, horizon=horizon
    )
    with only_one_making(output):
        trained = train_model(Cohort.load(cohort), settings, quiet=quiet)
        save_model(trained, output)
    if not quiet:
        _say_what_to_expect(trained)
        say(f"Wrote {output}. Use it with: deepcme predict {output} SAMPLES")


def _say_what_to_expect(trained: Model) -> None:
    manifest = trained.manifest
    for note in manifest.notes:
        if note.startswith("Warning"):
            say(note)
    cohort = manifest.cohort
    say(
        f"{cohort.name}: {cohort.samples} samples of {cohort.patients} patients, "
        f"{cohort.positives} {trained.having}, {trained.n_genes:,} genes. {trained.expect()}"
    )


def predict(
    model: ModelFolder,
    samples: Annotated[
        Path,
        typer.Argument(
            metavar="SAMPLES",
            help="Cohort (.h5ad), or table of expression (.csv, .tsv, .parquet), either way "
            "round; genes as Ensembl ids, symbols or Entrez ids.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", callback=writable, help="Table to write (.csv)."),
    ],
    times: Annotated[
        str | None,
        typer.Option(
            metavar="T,T,...",
            help="Of a model of times: tell the risk by these times too, in its unit, such as "
            "1,3,5.",
        ),
    ] = None,
    curve: Annotated[
        Path | None,
        typer.Option(
            callback=writable,
            help="Of a model of times: table to write (.csv) of each sample's risk at each "
            "time.",
        ),
    ] = None,
    scale: Annotated[
        Literal["fpkm", "tpm", "rsem", "counts", "log2", "intensity"] | None,
        typer.Option(
            help="What the values are.", show_default="as a cohort says, else as the model's"
        ),
    ] = None,
    normalise: Normalise = "none",
    allow_missing: AllowMissing = False,
    allow_training_samples: AllowTrainingSamples = False,
    quiet: Quiet = False,
) -> None:
    """Predict new samples with a trained model.

    One row per sample: probability, its spread over the networks, the model's
    threshold and whether it is reached (of a model of times the risk by its horizon and
    other times, and the third of risk), whether the sample is far outside the training
    data, the share of the model's genes with a value, whether the model learned from its
    patient, the genes that push it most, with their share in the log-odds or log hazard, and
    why there is no prediction. No endpoint is needed.
    """
    from deepcme.base.files.files import write_csv
    from deepcme.trained.files import load_model
    from deepcme.trained.new_samples import read_expression
    from deepcme.trained.prediction import predict as predict_samples
    from deepcme.trained.prediction import round_predictions
    from deepcme.trained.survival.model import require_times

    for path in (output, curve):
        if path is not None and path.suffix.lower() != ".csv":
            raise DeepCMEError(f"{path}: name the file .csv.")
    if output == curve:
        raise DeepCMEError(f"{curve}: name another file for the curves than for the table.")
    loaded = load_model(model)
    if times is not None:
        loaded = require_times(loaded, "--times").at_times(_read_times(times))
    if curve is not None:
        require_times(loaded, "--curve")
    expression = read_expression(samples, loaded.manifest.genes, scale)
    predictions = predict_samples(
        loaded,
        expression,
        normalise=normalise,
        allow_missing=allow_missing,
        allow_training_samples=allow_training_samples,
    )
    write_csv(output, round_predictions(predictions.table))
    if curve is not None:
        curves = require_times(loaded, "--curve").curves(predictions.table)
        write_csv(curve, curves.round(6))
    _say(predictions.notes, quiet)
    if not quiet:
        say(predictions.describe())
        say(f"Wrote {output}. {_READ_ON}")


def _read_times(text: str) -> list[float]:
    try:
        return [float(time) for time in text.split(",")]
    except ValueError as error:
        raise DeepCMEError(f"--times takes numbers such as 1,3,5, not {text!r}.") from error


def validate(
    model: ModelFolder,
    cohort: Annotated[
        Path, typer.Argument(metavar="COHORT.h5ad", help="New patients with their endpoint.")
    ],
    output: Results,
    normalise: Normalise = "none",
    allow_missing: AllowMissing = False,
    allow_training_samples: AllowTrainingSamples = False,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Test a trained model, as it is, on new patients whose endpoint is known.

    Discrimination, calibration, decision curve, and what became of groups by risk of a
    model of times, as tables and a page. What recalibration on these patients would add is
    shown beside it, and said.
    """
    from deepcme.base.files.locks import only_one_making
    from deepcme.cohort.cohort import Cohort
    from deepcme.report.external.validation import write_validation
    from deepcme.trained.files import load_model
    from deepcme.trained.validation import validate_model

    with only_one_making(output):
        validation = validate_model(
            load_model(model),
            Cohort.load(cohort),
            normalise=normalise,
            allow_missing=allow_missing,
            allow_training_samples=allow_training_samples,
            seed=seed,
        )
        page = write_validation(validation, output)
    _say(validation.notes, quiet)
    if not quiet:
        say(validation.describe())
        say(f"Report: {page}")


def transfer(
    cohorts: Annotated[
        list[Path], typer.Argument(metavar="COHORT.h5ad...", help="Two or more cohorts.")
    ],
    output: Results,
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

    with only_one_making(output):
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
        write_transfer(table, output)
    _say(notes_on_transfer(table), quiet)
    if not quiet:
        measure, heading = measure_of(table)
        for row in table.to_dict("records"):
            pair = f"{row['train']} to {row['test']}, {row['model']}"
            has_interval = row["ci_low"] == row["ci_low"]
            interval = f"95% interval {row['ci_low']:.2f} to {row['ci_high']:.2f}, "
            beside = f"{interval if has_interval else ''}{row['events']} events"
            say(f"{pair}: {heading} {row[measure]:.2f} ({beside})")
        say(f"Wrote {output}.")


def _say(notes: Sequence[str], quiet: bool) -> None:
    for note in notes:
        if note.startswith("Warning") or not quiet:
            say(f"- {note}", error=True)
