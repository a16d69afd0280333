"""`deepcme train`, `predict`, `validate` and `transfer`: models in use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.options import Jobs, Quiet, Repeats, Seed, new_folder, writable
from deepcme.models.registry import ENSEMBLE, KINDS

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


_KEPT = [k.name for k in KINDS.values() if k.saved_as is not None and not k.saved_with]
_READ_ON = "What its columns mean and when to rely on them: docs/models-in-use.md, Predicting."


def train(
    cohort: Annotated[Path, typer.Argument(metavar="COHORT.h5ad", help="Cohort to learn.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", callback=new_folder, help="Folder for the model."),
    ],
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=f"Model, as a study names it: {', '.join(_KEPT)}.",
        ),
    ] = ENSEMBLE,
    repeats: Repeats = None,
    jobs: Jobs = None,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Train a model on all patients of a cohort, to hand on and to predict others with.

    An ensemble of five networks, or another model, calibrated out of fold. What
    to expect of new patients like these is measured by cross-validation and kept
    in the model.
    """
    from joblib import cpu_count

    from deepcme.base.files.locks import only_one_making
    from deepcme.cohort.cohort import Cohort
    from deepcme.trained.files import save_model
    from deepcme.trained.training import TrainingSettings, train_model

    settings = TrainingSettings(repeats, seed, jobs or cpu_count(), model=model)
    with only_one_making(output):
        trained = train_model(Cohort.load(cohort), settings, quiet=quiet)
        save_model(trained, output)
    if not quiet:
        _say_what_to_expect(trained)
        say(f"Wrote {output}. Use it with: deepcme predict {output} SAMPLES")


def _say_what_to_expect(model: Model) -> None:
    manifest = model.manifest
    for note in manifest.notes:
        if note.startswith("Warning"):
            say(note)
    cohort, auc = manifest.cohort, manifest.performance.auc
    interval = (
        "" if auc.ci_low is None else f" (95% interval {auc.ci_low:.2f} to {auc.ci_high:.2f})"
    )
    say(
        f"{cohort.name}: {cohort.samples} samples of {cohort.patients} patients, "
        f"{cohort.positives} positive, {model.n_genes:,} genes. "
        f"AUC to expect of new patients like these: {auc.value:.2f}{interval}."
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
    threshold and whether it is reached, whether the sample is far outside the training
    data, the share of the model's genes with a value, whether the model learned from its
    patient, the genes that push it most, with their share in the log-odds, and why there
    is no prediction. No endpoint is needed.
    """
    from deepcme.base.files.files import write_csv
    from deepcme.trained.files import load_model
    from deepcme.trained.new_samples import read_expression
    from deepcme.trained.prediction import predict as predict_samples
    from deepcme.trained.prediction import round_predictions

    if output.suffix.lower() != ".csv":
        raise DeepCMEError(f"{output}: name the file .csv.")
    loaded = load_model(model)
    expression = read_expression(samples, loaded.manifest.genes, scale)
    predictions = predict_samples(
        loaded,
        expression,
        normalise=normalise,
        allow_missing=allow_missing,
        allow_training_samples=allow_training_samples,
    )
    write_csv(output, round_predictions(predictions.table))
    _say(predictions.notes, quiet)
    if not quiet:
        say(predictions.describe())
        say(f"Wrote {output}. {_READ_ON}")


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

    Discrimination, calibration, decision curve, as tables and a page. What
    recalibration on these patients would add is shown beside it, and said.
    """
    from deepcme.base.files.locks import only_one_making
    from deepcme.cohort.cohort import Cohort
    from deepcme.report.validation import write_validation
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

    Genes in common, each standardised within its cohort without the labels. The
    ensemble and tuned logistic regression, their AUCs as table and chart. Patients
    whom two cohorts have are left out where one tests the other.
    """
    from joblib import cpu_count

    from deepcme.base.files.locks import only_one_making
    from deepcme.base.words import cleaned
    from deepcme.cohort.cohort import Cohort
    from deepcme.report.transfer import write_transfer
    from deepcme.trained.transfer import compute_transfer, notes_on_transfer

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
        for row in table.itertuples():
            say(f"{row.train} to {row.test}, {row.model}: AUC {row.auc:.3f}")
        say(f"Wrote {output}.")


def _say(notes: Sequence[str], quiet: bool) -> None:
    for note in notes:
        if note.startswith("Warning") or not quiet:
            say(f"- {note}", error=True)
