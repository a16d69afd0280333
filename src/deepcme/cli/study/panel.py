"""`deepcme panel`: how few genes keep the performance, and which."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepcme.base.errors import DeepCMEError
from deepcme.base.terminal import say
from deepcme.cli.options import Jobs, Quiet, Repeats, Seed


def panel(
    source: Annotated[
        Path, typer.Argument(metavar="COHORT.h5ad", help="Cohort to look for panels in.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="Folder for the results.",
            show_default="results/NAME-panel",
        ),
    ] = None,
    ranker: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="How genes are ranked: soft-path, mean-rank, l1-logistic, t-test or, of "
            "times, cox-lasso or cox-score. Can be given again.",
            show_default="soft-path and l1-logistic or cox-lasso",
        ),
    ] = None,
    repeats: Repeats = None,
    random_panels: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Random panels of each size in each split."),
    ] = 10,
    jobs: Jobs = None,
    seed: Seed = 1,
    quiet: Quiet = False,
) -> None:
    """Find the smallest gene panel that keeps the performance.

    Inside every training part genes are ranked and panels of the first 1, 2, 5,
    ... genes refitted; held-out patients say how good each size is, beside
    random panels of the same size.
    """
    from deepcme.base.files.locks import only_one_in
    from deepcme.base.processes.stopping import GOES_ON, if_halted
    from deepcme.cohort.origin import load_origin
    from deepcme.report.figures.drawing import write_charts
    from deepcme.report.figures.study import plot_panel_curve
    from deepcme.report.panels.page import describe_panels, write_panels
    from deepcme.selection.panels.curve import WHOLE_MODELS
    from deepcme.selection.panels.tables import describe_choice
    from deepcme.selection.rankers import default_rankers, find_ranker
    from deepcme.selection.targets import kind_of_outcome
    from deepcme.study.parts.selection import PANELS
    from deepcme.study.run import run_part
    from deepcme.study.spec import make_study

    if source.suffix.lower() != ".h5ad":
        raise DeepCMEError(f"{source}: `deepcme panel` takes a cohort (.h5ad).")
    outcome = load_origin(source).outcome.kind
    kind = kind_of_outcome(outcome)
    rankers = list(dict.fromkeys(ranker or default_rankers(kind)))
    for name in rankers:
        find_ranker(name, kind)
    study = make_study(
        {
            "seed": seed,
            "cohort": {"path": source},
            "split": {"repeats": repeats},
            "models": [WHOLE_MODELS[outcome]],  # which predicts by all genes
            "selection": {"run": True, "rankers": rankers, "random_panels": random_panels},
        }
    )
    out = out or Path("results") / f"{source.stem}-panel"
    with (
        only_one_in(out),
        if_halted(lambda: "before its tables and chart", GOES_ON),
    ):
        tables = run_part(PANELS, study, out, label="Panels", jobs=jobs, quiet=quiet)
        chart = plot_panel_curve(tables["panel_curve.csv"])
        write_charts({"panel_curve": chart}, out)
        page = write_panels(tables, chart, source.stem, out)
    if not quiet:
        say(describe_panels(tables["panel_choice.csv"]))
        for row in tables["panel_choice.csv"].to_dict("records"):
            say(describe_choice(row))
        say(f"Report: {page}")
        say(f"Tables and chart: {out}")
        say("The genes of each panel, ranked on all patients: panel_genes.csv there.")
