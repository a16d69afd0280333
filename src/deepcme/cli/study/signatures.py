"""`deepcme signatures`: published signatures, and scores of samples by them or by one's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.completion import complete_signatures
from deepcme.cli.options import SCALES, OutTable, Quiet, ScaleName, writable

if TYPE_CHECKING:
    from deepcme.models.signatures.signature import Signature

_READ_ON = "What the scores mean, and where they do not: deepcme explain signature-scores"


def list_(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE.csv", callback=writable, help="Table to write as well."
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Name the published signatures that come with deepcme.

    Where each is from. Research versions, not the assays: the published genes and weights
    on whatever platform a cohort was measured.
    """
    from deepcme.base.files.files import write_csv
    from deepcme.models.signatures.listed import tabulate_signatures
    from deepcme.models.signatures.published import load_signatures
    from deepcme.models.signatures.signature import NOT_THE_ASSAY

    _require_csv(out)
    table = tabulate_signatures(load_signatures())
    if out is not None:
        write_csv(out, table)
    if quiet:
        return
    for row in table.to_dict("records"):
        cut_offs = f"; cut-offs {row['cut_offs']}" if row["cut_offs"] else ""
        say(f"{row['name']} ({row['cancer']} cancer, {row['genes']} genes{cut_offs})")
        say(f"  {row['title']}, also called {row['other_names']}")
        say(f"  {row['source']}")
    say(NOT_THE_ASSAY)
    if out is not None:
        say(f"Wrote {out}.")


def score(
    samples: Annotated[
        Path,
        typer.Argument(
            metavar="SAMPLES",
            help="Cohort (.h5ad), labelled or not, or table of expression (.csv, .tsv, "
            ".parquet), either way round; genes as symbols, Ensembl ids, Entrez ids or probes.",
        ),
    ],
    out: OutTable,
    signature: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|FILE.csv",
            autocompletion=complete_signatures,
            help="A published signature, or a file of your own with the columns gene and "
            "weight. Can be given again.",
            show_default="every published one",
        ),
    ] = None,
    scaling: Annotated[
        Literal["both", "within-cohort", "single-sample"],
        typer.Option(
            metavar="HOW",
            help="within-cohort: each gene scaled on these samples, so that a score depends on "
            "the others; needs 20. single-sample: each sample by itself, where the signature "
            "states or the sample has something to measure it against. Or both.",
        ),
    ] = "both",
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="COHORT.h5ad",
            help="Scale each gene on this cohort, measured in the same way, in place of these "
            "samples.",
        ),
    ] = None,
    scale: Annotated[
        ScaleName | None,
        typer.Option(
            metavar="SCALE",
            help=f"What the values are: {SCALES}.",
            show_default="as a cohort says, else worked out and reported",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Score samples by frozen signatures; nothing is trained.

    No endpoint is needed. One row for each sample, signature and scaling: the score (higher
    is worse), its class by the published cut-offs where these hold, and how much of the
    signature was measured.
    Below half of its genes, or of their weight, a signature is refused.
    """
    from deepcme.base.files.files import write_csv
    from deepcme.base.words import counted
    from deepcme.trained.signatures.samples import read_samples_to_score
    from deepcme.trained.signatures.scores import Reference, score_signatures

    _require_csv(out)
    if reference is not None and scaling == "single-sample":
        raise DeepCMEError("--reference is for scores within a cohort: leave it out.")
    _require_kept(out, [samples, reference, *map(Path, signature or ())])
    wanted = _find(signature)
    read = read_samples_to_score(samples, wanted, scale)
    scale_on = None
    if reference is not None:
        of_reference = read_samples_to_score(reference, wanted).measured
        scale_on = Reference(of_reference, reference.name)
    scored = score_signatures(read, wanted, scaling=scaling, reference=scale_on)
    write_csv(out, scored.table)
    for note in scored.notes:
        if note.startswith("Warning") or not quiet:
            say(f"- {note}", error=True)
    if not quiet:
        n_scored = scored.table["sample"].nunique()
        say(
            f"Wrote {out}: {counted(n_scored, 'sample')} by "
            f"{counted(scored.table['signature'].nunique(), 'signature')}. {_READ_ON}"
        )


def _find(asked: list[str] | None) -> list[Signature]:
    """Published ones by name, others by their file; all that are published by default."""
    from deepcme.models.signatures.own import read_own_signature
    from deepcme.models.signatures.published import (
        find_published,
        load_signature,
        load_signatures,
    )

    if not asked:
        return list(load_signatures())
    found = []
    for name in asked:
        published = find_published(name)
        if published is None and (Path(name).suffix or Path(name).exists()):
            found.append(read_own_signature(name))
        else:
            found.append(published or load_signature(name))
    return found


def _require_csv(path: Path | None) -> None:
    if path is not None and path.suffix.lower() != ".csv":
        raise DeepCMEError(f"{path}: name the file .csv.")


def _require_kept(out: Path, inputs: Iterable[Path | None]) -> None:
    """Refuse to write over what the scores are made from."""
    for file in inputs:
        if file is not None and file.exists() and out.exists() and out.samefile(file):
            raise DeepCMEError(f"{out}: the scores are made from this file: name another.")
