"""`deepcme init`: a study file to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.next_step import say_next
from deepcme.cli.options import Quiet, writable


def init(
    cohort: Annotated[
        Path | None,
        typer.Argument(
            metavar="COHORT.h5ad",
            help="Cohort to study.",
            show_default="the TRANSBIG example",
        ),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", callback=writable, help="Study file to write."
        ),
    ] = Path("study.toml"),
    quiet: Quiet = False,
) -> None:
    """Write a commented study file to edit."""
    from deepcme.base.files.files import write_text
    from deepcme.base.names import is_unicode
    from deepcme.study.template import study_template

    if out.exists():
        raise DeepCMEError(f"{out}: the file is there already; name another or delete it.")
    template = study_template(out.name, None if cohort is None else str(cohort))
    if not is_unicode(template):
        raise DeepCMEError(f"{cohort or out}: the file's name is no UTF-8: rename it.")
    write_text(out, template)
    if not quiet:
        say(f"Wrote {out}: every setting with its default, to edit.")
        say_next("run", out)
