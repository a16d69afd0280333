"""Options that several commands share, written once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from deepcme.base.errors import DeepCMEError

if TYPE_CHECKING:
    from deepcme.sources.assembly.expression import GeneNaming

Command = Callable[..., None]


def writable(file: Path | None) -> Path | None:
    """The option's file, refused before the work if it could not be written after it."""
    from deepcme.base.files.writable import require_writable

    if file is not None:
        require_writable(file)
    return file


def new_folder(folder: Path) -> Path:
    """The option's folder, refused before the work if it holds something or cannot be made."""
    from deepcme.base.files.locks import only_one_making
    from deepcme.base.files.writable import require_new_folder

    with only_one_making(folder):  # whoever makes it is named, rather than what it has made
        require_new_folder(folder)
    return folder


def writable_cohort(file: Path | None) -> Path | None:
    """The option's cohort file, refused as in `writable`, or for its name."""
    if file is not None and file.suffix != ".h5ad":
        raise DeepCMEError(f"{file}: name the cohort file .h5ad.")
    return writable(file)


# Groups of options on the help pages of long commands.
FILES = "Files"
ENDPOINT = "Endpoint"
PATIENTS = "Samples and patients"
VALUES = "Values and genes"

SCALES = "fpkm, tpm, rsem, counts, log2 or intensity"
ScaleName = Literal["fpkm", "tpm", "rsem", "counts", "log2", "intensity"]

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but problems.")]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Processes to use.", show_default="one per core"),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Root of all randomness.")]
Repeats = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Times that the patients are divided into five folds.",
        show_default="2, or 4 under 150 patients",
    ),
]
OutCohort = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        metavar="COHORT.h5ad",
        callback=writable_cohort,
        help="Cohort file to write.",
    ),
]
OutTable = Annotated[
    Path,
    typer.Option("--out", "-o", metavar="FILE.csv", callback=writable, help="Table to write."),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Write nothing if there is a warning.")
]
Scale = Annotated[
    ScaleName | None,
    typer.Option(
        metavar="SCALE",
        rich_help_panel=VALUES,
        help=f"What the values are: {SCALES}.",
        show_default="worked out and reported",
    ),
]


@dataclass(frozen=True)
class Shared:
    """What every `deepcme prepare` takes."""

    out: OutCohort
    patient: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel=PATIENTS,
            help="Who the patient is: a column of the samples or their clinical tables.",
            show_default="worked out and reported",
        ),
    ] = None
    tissue: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel=PATIENTS,
            help="Tissue of each sample (primary tumour, normal ...).",
            show_default="as the samples' ids and the tables tell",
        ),
    ] = None
    keep_tissue: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TISSUE",
            rich_help_panel=PATIENTS,
            help="Keep only primary, recurrent, metastatic, normal, model or unknown tissue. "
            "Can be given again.",
        ),
    ] = None
    one_per_patient: Annotated[
        bool,
        typer.Option(
            "--one-per-patient",
            rich_help_panel=PATIENTS,
            help="Keep one sample of each patient.",
        ),
    ] = False
    decimal: Annotated[
        Literal[".", ","],
        typer.Option(
            metavar="SIGN",
            rich_help_panel=VALUES,
            help="Decimal point of the numbers in your tables, . or , as it stands there.",
        ),
    ] = "."
    ambiguous: Annotated[
        Literal["drop", "first"],
        typer.Option(
            metavar="drop|first",
            rich_help_panel=VALUES,
            help="What becomes of a row or probe of several genes (A /// B).",
        ),
    ] = "drop"
    repair_gene_names: Annotated[
        bool,
        typer.Option(
            "--repair-gene-names",
            rich_help_panel=VALUES,
            help="Turn dates that a spreadsheet made of genes (2-Sep) back into genes.",
        ),
    ] = False
    strict: StrictOption = False
    quiet: Quiet = False

    def naming(self) -> GeneNaming:
        """What becomes of names that are not the name of one gene."""
        from deepcme.sources.assembly.expression import GeneNaming

        return GeneNaming(self.ambiguous, self.repair_gene_names)


def with_options(name: str, make: Callable[..., object]) -> Callable[[Command], Command]:
    """Give a command the options of `make`, whose result it takes as the parameter `name`."""

    def decorate(command: Command) -> Command:
        common = _parameters(make)
        own = [parameter for parameter in _parameters(command) if parameter.name != name]

        @wraps(command)
        def wrapper(**options: Any) -> None:
            made = make(**{parameter.name: options.pop(parameter.name) for parameter in common})
            command(**options, **{name: made})

        # Parameters without a default go first in a signature.
        ordered = sorted(
            [*own, *common], key=lambda parameter: parameter.default is not parameter.empty
        )
        wrapper.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {
            parameter.name: parameter.annotation for parameter in ordered
        }
        return wrapper

    return decorate


with_shared_options = with_options("shared", Shared)
"""Give a command the options of every `prepare`, which it takes as `shared`."""


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    """Parameters of a function, whose annotations are not text any more."""
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    return [parameter.replace(annotation=hints[parameter.name]) for parameter in parameters]
