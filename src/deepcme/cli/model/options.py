"""What the commands on a model in use share: their options, and how they say notes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from deepcme.base.terminal import say
from deepcme.cli.options import new_folder

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
    typer.Option(
        "--out", "-o", metavar="FOLDER", callback=new_folder, help="Folder for the results."
    ),
]
Normalise = Annotated[
    Literal["none", "cohort", "rank"],
    typer.Option(
        metavar="HOW",
        help="How values of another platform are brought to the model's. "
        "none: not at all; needs the model's platform. "
        "cohort: each gene by its mean and deviation in these samples; needs 20 or more of "
        "them with a case mix like the training's, and a prediction then depends on the other "
        "samples. "
        "rank: within each sample, ranks to the training's values; works for one sample, but "
        "takes its genes to rank alike on both platforms, so not for log ratios.",
    ),
]


def say_notes(notes: Sequence[str], quiet: bool) -> None:
    """Say what is to be known of a result: of a quiet command the warnings alone."""
    for note in notes:
        if note.startswith("Warning") or not quiet:
            say(f"- {note}", error=True)
