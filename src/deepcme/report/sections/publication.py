"""The publication's tables, figures and claims, each beside what this study found."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from deepcme.base.errors import AbsentError
from deepcme.evaluation.comparison import compute_corrected_t_test, compute_test_to_train_ratio
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.report.blocks import Blocks, Figure, Heading, Text
from deepcme.report.figures.genes import plot_top_genes
from deepcme.report.figures.publication import plot_table, titled
from deepcme.report.figures.ranking import plot_auc_by_split, plot_roc
from deepcme.report.figures.study import plot_grid
from deepcme.report.figures.styles import Chart
from deepcme.report.formatting import TableLayout
from deepcme.report.models import describe_replay
from deepcme.report.section import Contents, Section
from deepcme.report.sections.genes.names import label_genes
from deepcme.study.genes.scores import TOP_GENES
from deepcme.study.spec import TABLE_1_MODELS

PUBLISHED: dict[str, Any] = json.loads(
    (files("deepcme.report.sections") / "publication.json").read_text(encoding="utf-8")
)
"""Numbers printed in Kim et al. 2023."""

DEEPCME, *BASELINES = TABLE_1_MODELS
WIDE = "DeepCME-128"
Claim = tuple[str, str, str]
"""What is claimed, what the paper printed, and what this study found."""
ABLATION = (
    "DeepCME without BN + DO + L1",
    "DeepCME without BN + DO",
    "DeepCME without BN",
    "DeepCME without DO",
    "DeepCME without L1",
    DEEPCME,
)
_NOT_RUN = "not run"
_NO_MODEL = "This study has none of the paper's models for it."

_SOURCE = (
    "Kim, Lee and Seok, Mach. Learn.: Sci. Technol. 2023;4:025026. How made: {} Each figure "
    "and table is also a file: figures/figure_5.svg to figure_8.svg, figures/table_1.svg to "
    "table_3.svg, and the same names in tables/ as CSV."
)

_BESIDE_PAPER = (
    ("auc", "AUC", ".3f"), ("sd", "sd", ".3f"), ("paper_auc", "Paper", ".3f"),
    ("paper_sd", "sd", ".3f"),
)  # fmt: skip
_TABLES = {
    "table_1": TableLayout(
        "Table 1 of the paper: test AUC by split, beside the published values; sd over splits."
    ),
    "table_2": TableLayout(
        "Table 2 of the paper: AUC on training, validation and test part; sd over splits.",
        ("model", "Model", ""), ("part", "Part", ""), *_BESIDE_PAPER,
    ),
    "table_3": TableLayout(
        "Table 3 of the paper: ablation. BN: BatchNorm, DO: dropout, L1: the penalty; sd "
        "over splits.",
        ("model", "Network", ""), *_BESIDE_PAPER,
    ),
}  # fmt: skip
_FIGURE_7 = TableLayout(
    "Mean AUC over the grid; validation loss alone makes the choice.",
    ("width", "Width", ".0f"), ("batch_size", "Batch", ".0f"),
    ("penalty_strength", "lambda", "g"), ("valid_auc", "Validation AUC", ".3f"),
    ("test_auc", "Test AUC", ".3f"), ("test_auc_sd", "sd", ".3f"),
    ("chosen_in_splits", "Chosen in splits", ".0f"),
)  # fmt: skip
_CLAIMS = TableLayout(
    "The paper's claims, what it printed, and what this study found.",
    ("claim", "Claim", ""), ("paper", "Paper", ""), ("this_study", "This study", ""),
)  # fmt: skip
_FIGURES: dict[str, tuple[str, Callable[[pd.DataFrame], Chart]]] = {
    "figure_5": ("Figure 5. Test AUC by model", plot_auc_by_split),
    "figure_6": ("Figure 6. ROC curves on the test part of one split", plot_roc),
    "figure_7": ("Figure 7. Mean test AUC over lambda, by batch size", plot_grid),
    "figure_8": ("Figure 8. The genes of highest score", plot_top_genes),
}


def compute_table_1(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test AUC by model and split, mean and sd; the paper's rows follow this study's."""
    test = _auc(metrics, "test")
    models = [model for model in (*BASELINES, DEEPCME, WIDE) if model in set(test["model"])]
    splits = sorted(test["split"].unique())
    rows = []
    for model in models:
        of_model = test[test["model"] == model].set_index("split")["value"]
        rows.append(_table_1_row("this study", model, of_model.loc[splits].tolist()))
    rows += [_table_1_row("paper", model, aucs) for model, aucs in PUBLISHED["table_1"].items()]
    table = pd.DataFrame(rows)
    return table[[*table.columns.drop(["mean", "sd"]), "mean", "sd"]]


def _table_1_row(source: str, model: str, aucs: list[float]) -> dict[str, Any]:
    by_split = {f"CV-{number}": auc for number, auc in enumerate(aucs, start=1)}
    mean, deviation = np.mean(aucs), np.std(aucs, ddof=1) if len(aucs) > 1 else np.nan
    return {"source": source, "model": model, **by_split, "mean": mean, "sd": deviation}


def compute_table_2(metrics: pd.DataFrame) -> pd.DataFrame:
    """Mean and sd of the AUC on training, validation and test part, beside the paper's."""
    rows = []
    for model in (*BASELINES, DEEPCME):
        for part in ("train", "validation", "test"):
            of_part = _auc(metrics, part)
            auc = of_part.loc[of_part["model"] == model, "value"]
            if len(auc) == 0:
                continue
            paper = PUBLISHED["table_2"][model][part]
            rows.append({"model": model, "part": part, **_mean_and_sd(auc, paper)})
    return _table_of(rows)


def compute_table_3(metrics: pd.DataFrame) -> pd.DataFrame:
    """Ablation: mean and sd of the test AUC, beside the paper's where it gives one."""
    test = _auc(metrics, "test")
    rows = []
    for model in ABLATION:
        auc = test[test["model"] == model]["value"]
        if len(auc) == 0:
            continue
        paper = PUBLISHED["table_3"].get(model, (np.nan, np.nan))
        rows.append({"model": model, **_mean_and_sd(auc, paper)})
    return _table_of(rows)


def _mean_and_sd(auc: pd.Series[float], paper: tuple[float, float]) -> dict[str, float]:
    beside = dict(zip(("paper_auc", "paper_sd"), paper, strict=True))
    return {"auc": auc.mean(), "sd": auc.std(ddof=1), **beside}


def _table_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    if not rows:
        raise AbsentError(_NO_MODEL)
    return pd.DataFrame(rows)


def compute_figure_5(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test AUC of the paper's models in each split: columns split, model, value, n, events."""
    test = _auc(metrics, "test")
    models = [model for model in (*BASELINES, DEEPCME, WIDE) if model in set(test["model"])]
    if not models:
        raise AbsentError("Figure 5 needs a model of the paper; this study has none.")
    rows = [test[test["model"] == model] for model in models]
    return pd.concat(rows, ignore_index=True)[["split", "model", "value", "n", "events"]]


def compute_figure_6(predictions: pd.DataFrame) -> pd.DataFrame:
    """ROC curves on the test part of split 10, or of the last where there are fewer.

    Columns: split, model, false_positive_rate, sensitivity.

    Raises
    ------
    AbsentError
        If none of the paper's models was run.
    """
    split = min(10, predictions["split"].max())
    test = predictions[(predictions["part"] == "test") & (predictions["split"] == split)]
    curves = []
    for model in (DEEPCME, *BASELINES):
        rows = test[test["model"] == model]
        if len(rows):
            rate, sensitivity, _ = roc_curve(rows["label"], rows["score"])
            points = {"false_positive_rate": rate, "sensitivity": sensitivity}
            curves.append(pd.DataFrame({"split": split, "model": model, **points}))
    if not curves:
        raise AbsentError("Figure 6 needs a model of the paper; this study has none.")
    return pd.concat(curves, ignore_index=True)


def compute_claims(
    predictions: pd.DataFrame, genes: pd.DataFrame, grid_summary: pd.DataFrame | None
) -> pd.DataFrame:
    """The paper's claims, what its own numbers say, and what this study found.

    Parameters
    ----------
    predictions : DataFrame
        The study's predictions.
    genes : DataFrame
        Gene scores of DeepCME with columns rank, symbol, score, prevalence.
    grid_summary : DataFrame or None
        Mean test AUC at each batch size and lambda, if the grid was searched.
    """
    auc = _auc(compute_metrics(predictions), "test")
    ratio = compute_test_to_train_ratio(predictions)
    rows = [_best_in_every_split(auc), _robust_to_settings(grid_summary)]
    rows.append(
        _difference_row("Widths 64 and 128 do not differ", auc, DEEPCME, WIDE, ratio, "table_1")
    )
    for part, without in (
        ("BatchNorm improves", "DeepCME without BN"),
        ("Dropout improves", "DeepCME without DO"),
        ("BatchNorm and dropout improve", "DeepCME without BN + DO"),
        ("The L1 penalty improves", "DeepCME without L1"),
    ):
        claim = f"{part} the AUC"
        rows.append(_difference_row(claim, auc, DEEPCME, without, ratio, "table_3"))
    rows.append(_highest_scores(genes))
    rows += [_gene_row(symbol, genes) for symbol in PUBLISHED["discussed_genes"]]
    return pd.DataFrame(rows, columns=["claim", "paper", "this_study"])


def _best_in_every_split(auc: pd.DataFrame) -> Claim:
    table = auc.pivot_table(index="split", columns="model", values="value")
    claim = "DeepCME beats the five baselines in every split"
    return claim, _times_best(pd.DataFrame(PUBLISHED["table_1"])), _times_best(table)


def _times_best(table: pd.DataFrame) -> str:
    baselines = [model for model in BASELINES if model in table.columns]
    if DEEPCME not in table.columns or not baselines:
        return _NOT_RUN
    best = table[DEEPCME] > table[baselines].max(axis=1)
    return f"{'yes' if best.all() else 'no'}: best in {int(best.sum())} of {len(best)} splits"


def _robust_to_settings(grid: pd.DataFrame | None) -> Claim:
    found = f"{_NOT_RUN} (--grid fig7)"
    if grid is not None:
        lowest = grid.loc[grid["width"] == 64, "test_auc"].min()
        found = f"{'yes' if lowest > 0.65 else 'no'}: the lowest mean AUC is {lowest:.3f}"
    claim = "AUC above 0.65 at every batch size and lambda"
    return claim, "yes (figure 7, no numbers given)", found


def _difference_row(
    claim: str, auc: pd.DataFrame, model: str, other: str, ratio: float, table: str
) -> Claim:
    published = PUBLISHED[table]
    if other in published:
        before, after = (np.atleast_1d(published[name]) for name in (other, model))
        # Table 1 prints every split, table 3 the mean and sd.
        by_split = table == "table_1"
        difference = (after - before).mean() if by_split else after[0] - before[0]
        paper = f"{difference:+.3f}"
    else:
        paper = "no number given"
    by_model = auc.pivot_table(index="split", columns="model", values="value")
    found = _NOT_RUN
    if {model, other} <= set(by_model.columns) and len(by_model) > 1:
        test = compute_corrected_t_test((by_model[model] - by_model[other]).to_numpy(), ratio)
        found = (
            f"{test.difference:+.3f} (95% t interval {test.ci_low:+.3f} to {test.ci_high:+.3f})"
        )
    return f"{claim} ({model} minus {other})", paper, found


def _highest_scores(genes: pd.DataFrame) -> Claim:
    scores = genes["score"].sort_values(ascending=False).to_numpy()
    thirtieth = f"{scores[29]:.2f}" if len(scores) >= 30 else "none"
    claim = "The highest gene score, and the thirtieth"
    return claim, "0.57 and above 0.25 (figure 8)", f"{scores[0]:.2f} and {thirtieth}"


def _gene_row(symbol: str, genes: pd.DataFrame) -> Claim:
    found = "not among the cohort's genes"
    rows = genes[genes["symbol"] == symbol]
    if len(rows):
        gene = rows.iloc[0]
        found = f"rank {int(gene['rank']):,} of {len(genes):,}, score {gene['score']:.3f}"
        if np.isfinite(gene["prevalence"]):
            found += f", expressed in {gene['prevalence']:.1%} of samples"
    return f"{symbol} is among the genes of highest score", "yes, discussed by name", found


def _auc(metrics: pd.DataFrame, part: str) -> pd.DataFrame:
    return metrics[(metrics["metric"] == "auc") & (metrics["part"] == part)]


def _compute(contents: Contents) -> None:
    """The publication's tables, for a study that follows its protocol."""
    study, predictions = contents.results.study, contents.results.predictions
    if study.protocol != "paper":
        return
    metrics = compute_metrics(predictions)
    contents.add("table_1", lambda: compute_table_1(metrics), _TABLES["table_1"])
    contents.add("table_2", lambda: compute_table_2(metrics), _TABLES["table_2"])
    contents.add("table_3", lambda: compute_table_3(metrics), _TABLES["table_3"])
    contents.add("figure_5", lambda: compute_figure_5(metrics))
    contents.add("figure_6", lambda: compute_figure_6(predictions))
    contents.add("figure_7", lambda: _read_grid(contents), _FIGURE_7)
    contents.add("figure_8", lambda: label_genes(contents.require("genes").head(TOP_GENES)))
    grid = contents.tables.get("figure_7")
    contents.add(
        "claims", lambda: compute_claims(predictions, contents.require("genes"), grid), _CLAIMS
    )
    if "claims" in contents.tables:
        _draw(contents, describe_replay(study))


def _read_grid(contents: Contents) -> pd.DataFrame:
    folder, name = contents.results.folder, "grid_summary.csv"
    if contents.results.study.grid.search == "none" and not folder.has_table(name):
        contents.miss("search of the network's settings", "--grid fig7", asked=False)
        raise AbsentError("The grid was not searched: --grid fig7 does.")
    return folder.read_table(name)


def _draw(contents: Contents, made: str) -> None:
    """Figures 5 to 8 and tables 1 to 3 as pictures, each with a line on how it was made."""
    for name, (title, plot) in _FIGURES.items():
        if name in contents.tables:
            contents.charts[name] = titled(plot(contents.tables[name]), title, made)
    for name in _TABLES:
        if table := contents.show(name):
            chart = plot_table(table.shown)
            contents.charts[name] = titled(chart, table.shown.caption, made)


def _write(contents: Contents) -> Blocks:
    tables, made = contents.tables, describe_replay(contents.results.study)
    if "claims" not in tables:
        return []
    split = tables["figure_6"]["split"].iloc[0] if "figure_6" in tables else ""
    return [
        Heading("Beside the publication", "paper"),
        Text(_SOURCE.format(made), only="html"),
        Text(made, only="md"),
        contents.show("claims", wrap=True),
        *map(contents.show, _TABLES),
        Figure(
            "figure_5",
            "Box plot of test AUC by model of the paper; the numbers are in its table 1",
            "Test AUC of the paper's models (figure 5 of the paper), one point per split.",
        ),
        Figure(
            "figure_6",
            "ROC curves of one split by model",
            f"ROC curves on the test part of split {split} (figure 6 of the paper); their AUCs "
            "are in the first table.",
        ),
        Figure(
            "figure_7",
            "Mean test AUC over lambda by batch size",
            "Mean test AUC over lambda, by batch size, at width 64 (figure 7 of the paper).",
        ),
        contents.show("figure_7"),
        Figure(
            "figure_8",
            "The 30 highest gene scores; the numbers are in the gene table",
            "The genes of highest score (figure 8 of the paper).",
        ),
    ]


SECTION = Section(_write, _compute)
