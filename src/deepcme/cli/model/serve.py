"""`deepcme serve`: models behind HTTP, and a page that asks them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.cli.options import Quiet

LIMITS = "Limits"


def serve(
    models: Annotated[
        list[Path],
        typer.Argument(
            metavar="MODEL",
            help="Folder that `deepcme train` wrote; the model is asked by the folder's name.",
        ),
    ],
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where to listen. Any but this computer alone takes --token-file.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="Port to listen at.")
    ] = 8000,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File of one word, readable by its owner alone, that every request must give.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, metavar="N", help="Processes that answer.")
    ] = 2,
    at_once: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            rich_help_panel=LIMITS,
            help="Predictions that a worker makes at a time.",
        ),
    ] = 2,
    max_samples: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", rich_help_panel=LIMITS, help="Samples of one request."
        ),
    ] = 10_000,
    max_megabytes: Annotated[
        int,
        typer.Option(
            min=1, metavar="MB", rich_help_panel=LIMITS, help="Size of a table that is sent."
        ),
    ] = 128,
    timeout: Annotated[
        int,
        typer.Option(
            min=1, metavar="SECONDS", rich_help_panel=LIMITS, help="Time of a prediction."
        ),
    ] = 60,
    stop_within: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="SECONDS",
            rich_help_panel=LIMITS,
            help="Time that requests at work have when the service is stopped.",
        ),
    ] = 30,
    quiet: Quiet = False,
) -> None:
    """Answer requests with trained models over HTTP, and show a page that asks them.

    For research. At this computer alone, unless told otherwise. Nothing of a request is stored
    or logged but counts and times. Ctrl-C stops, after the requests at work; SIGHUP reads the
    models again, and puts them in place only if they are whole.
    """
    from deepcme.service.serving import serve as serve_models
    from deepcme.service.settings import ServiceSettings
    from deepcme.service.token_file import read_token

    body_bytes = max_megabytes * 1_000_000
    settings = ServiceSettings(
        token=None if token_file is None else read_token(token_file),
        at_work=at_once,
        samples=max_samples,
        body_bytes=body_bytes,
        held_bytes=max(ServiceSettings.held_bytes, 2 * body_bytes),
        prediction_seconds=float(timeout),
    )
    status = serve_models(
        models,
        settings,
        host=host,
        port=port,
        n_workers=workers,
        stop_seconds=stop_within,
        quiet=quiet,
    )
    if status:
        raise typer.Exit(status)
