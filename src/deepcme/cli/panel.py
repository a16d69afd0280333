"""`deepcme panel`: how few genes keep the performance, and which."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.cli.run import Quiet
from deepcme.errors import DeepCMEError
from deepcme.terminal import say


def register(app: typer.Typer) -> None:
    """Add the command to the main program."""
    app.command()(panel)


def panel(
    source: Annotated[
        Path, typer.Argument(metavar="COHORT.h5ad", help="Cohort file.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results.", show_default="results/NAME-panel"),
    ] = None,
    ranker: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="soft-path, l1-logistic or mean-rank; may be repeated.",
            show_default="soft-path and l1-logistic",
        ),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Times that the patients are divided into five folds.",
            show_default="2, or 4 under 150 patients",
        ),
    ] = None,
    random_panels: Annotated[
        int, typer.Option(min=1, help="Random panels of each size in each split.")
    ] = 10,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes to use.", show_default="one per core"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Root of all randomness.")] = 1,
    quiet: Quiet = False,
) -> None:
    """Find the smallest gene panel that keeps the performance.

    Inside every training part genes are ranked and panels of the first 1, 2, 5,
    ... genes refitted; held-out patients say how good each size is, beside
    random panels of the same size.
    """
    from joblib import cpu_count

    from deepcme.cohort import Cohort
    from deepcme.evaluation.bootstrap import interval_generator
    from deepcme.files import write_csv
    from deepcme.report.figures.study import plot_panel_curve
    from deepcme.report.figures.styles import write_chart
    from deepcme.selection.panel import DEFAULT_RANKERS, PanelSettings, run_panels
    from deepcme.selection.panel_tables import (
        choose_panels,
        compute_panel_curve,
        compute_panel_genes,
        describe_choice,
    )

    if source.suffix.lower() != ".h5ad":
        raise DeepCMEError(f"{source}: `deepcme panel` takes a cohort (.h5ad).")
    settings = PanelSettings(
        rankers=tuple(dict.fromkeys(ranker or DEFAULT_RANKERS)),
        repeats=repeats,
        random_panels=random_panels,
        seed=seed,
    )
    cohort = Cohort.load(source).keep_primary_tumours()
    results = run_panels(cohort, settings, jobs=jobs or cpu_count(), quiet=quiet)
    curve = compute_panel_curve(results, interval_generator(seed, "auc"))
    chosen = choose_panels(curve)
    folder = out or Path("results") / f"{source.stem}-panel"
    tables = {
        "panel_curve.csv": curve,
        "panel_choice.csv": chosen,
        "panel_genes.csv": compute_panel_genes(cohort, results, chosen),
        "panel_predictions.csv": results.predictions,
    }
    for name, table in tables.items():
        write_csv(folder / name, table)
    write_chart(plot_panel_curve(curve), folder, "panel_curve")
    if not quiet:
        for row in chosen.to_dict("records"):
            say(describe_choice(row))
        say(f"Tables and chart: {folder}")
