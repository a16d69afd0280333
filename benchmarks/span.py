"""The ensemble trained on scores of the training samples, beside the same trained on genes.

How well it predicts, on the cohorts and folds of `committee.py`; what one fit takes at full
size; and how many of its first genes are true ones, on simulated cohorts. What is done is kept.
The tables go to docs/benchmarks.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from committee import (
    ENSEMBLE,
    ON_GENES,
    OUTPUT,
    SEED,
    Tested,
    as_predictions,
    keep_scores,
)
from committee_page import name_of, table_of

from deepcme.base.files.files import whole_file, write_csv, write_text
from deepcme.base.seeds import integer_seed, seed_for
from deepcme.cohort.arrays import CohortArrays
from deepcme.cohort.honest import HONEST, HonestPreparation
from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.models.ensemble import DeepCMEEnsemble
from deepcme.models.fitting import fit_model, prepare_rows
from deepcme.models.preprocessing import kept_genes
from deepcme.models.registry import KINDS
from deepcme.network.engines.choice import one_thread_a_task
from deepcme.simulation.cohorts import CohortDesign, simulate_cohort

SPACES = ("genes", "span")
MODEL_OF = {"genes": ON_GENES, "span": ENSEMBLE}
N_FIRST = 20
FULL = CohortDesign(
    samples=716, genes=56602, events=147, rare_genes=0.0, repeated_samples=0.0, batches=1
)
DESIGNS = (
    CohortDesign(samples=300, genes=2000, events=100, effect=0.4),
    CohortDesign(samples=300, genes=2000, events=100, effect=0.6),
    CohortDesign(samples=400, genes=5000, events=80, effect=0.5),
    CohortDesign(samples=400, genes=5000, events=80, effect=0.8),
)
N_COHORTS = 5  # of each design

PAGE = """\
# The ensemble on scores of the training samples

What a dense network makes of its training samples depends on its weights by their part in the
space that these samples span alone, which has as many dimensions as there are samples, not
genes; plain gradient descent would never leave it. `DeepCME-ensemble` therefore trains on the
samples' scores in this space, and its weights are turned back to genes. It is the same class of
functions, not the same trajectory: Adam scales each input's steps by themselves, so the axes
are turned at random, none of them anything by itself, as no gene is, and the starting weights
are smaller by as much as there are fewer inputs. A network stops 100 epochs after its best.
Both are compared here; `space = "genes"` is the ensemble as it was, of 500 epochs always.

## How well it predicts

The mean AUC of the test parts on the folds of [the benchmark of the committee](committee.md),
with the same seeds; the intervals of the differences are by the corrected resampled t-test
(Nadeau and Bengio 2003).

{cohorts}

\\* How the scores are turned and scaled, and when to stop, was chosen on simulated cohorts and
on these two. TRANSBIG has fewer than two genes a sample, so that both are trained on genes and
are the same; without it the mean of the differences is {mean_without:+.3f}. Another seed alone
moves a mean of thirty folds by about .01, as the ensemble and the same as a member of the
committee show on [that page](committee.md).

## What a fit takes

One ensemble on a simulated matrix of 716 samples and 56,602 genes, on one core, each in a
process of its own; seconds are of processor, of a machine that had other work, which makes
them longer: look at the ratios. Memory is that of the fit and of turning weights back together.

{full_size}

## Whether its first genes are true ones

The share of genes that do differ between events and others among the first {n_first} by
`gene_scores_`, on {n_cohorts} simulated cohorts of each design, both ensembles on the same
cohorts and seeds. Each has 50 such genes; the effect is in standard deviations. The last column
is Spearman's correlation of the scores of the two ensembles over all genes. It is low:
on genes, the starting weights of a gene, which are drawn at random, are probably a good part of
its score.

{true_genes}

The tables are made again by

    make bench-span COHORTS="transbig.h5ad vdx.h5ad ..."

with the files of the benchmark of the committee, whose scores in `build/committee` it takes;
what is done is kept in `build/span`.
"""


def make_ensemble(space: str, seed: int) -> DeepCMEEnsemble:
    """The default one, in one of the spaces."""
    return KINDS[ENSEMBLE].make({"space": space}, seed)


def compare_cohort(tested: Tested, folder: Path) -> dict[str, Any]:
    """Mean AUC of both, and scores less genes with the corrected interval."""
    scores = keep_scores(tested, list(MODEL_OF.values()), folder)
    predictions = as_predictions(tested, scores)
    auc = compute_metrics(predictions[predictions["part"] == "test"])
    mean = auc.groupby("model")["value"].mean()
    names = list(MODEL_OF.values())
    found = compute_comparison(predictions, ENSEMBLE, [ON_GENES], refitted=names).iloc[0]
    return {
        "cohort": tested.name,
        "n": found["n"],
        "events": found["events"],
        "genes": tested.cohort.n_genes,
        "n_splits": found["n_splits"],
        "auc_genes": mean[ON_GENES],
        "auc_span": mean[ENSEMBLE],
        **{name: found[name] for name in ("difference", "ci_low", "ci_high")},
    }


def count_true_genes(design: CohortDesign, number: int) -> dict[str, Any]:
    """Share of true genes among the first of each ensemble's, and how alike the scores are."""
    seed = integer_seed(seed_for(SEED, "span", number))
    cohort = simulate_cohort(design, seed)
    data = CohortArrays.of(cohort)
    row: dict[str, Any] = {
        **{name: getattr(design, name) for name in ("samples", "events", "genes", "effect")},
        "number": number,
    }
    scores = []
    with one_thread_a_task():
        rows, preprocessor = prepare_rows(data, np.arange(len(data.X)), HONEST)
        is_true = cohort.adata.var["signal"].to_numpy(bool)[kept_genes(preprocessor)]
        for space in SPACES:
            fitted = fit_model(KINDS[ENSEMBLE], {"space": space}, seed, rows)
            scores.append(np.asarray(fitted.gene_scores_, dtype=np.float64))
            first = np.argsort(-scores[-1], kind="stable")[:N_FIRST]
            row[f"precision_{space}"] = is_true[first].mean()
    row["spearman"] = pd.Series(scores[0]).corr(pd.Series(scores[1]), method="spearman")
    return row


def write_full_size(folder: Path) -> None:
    """Standardised expression and labels at full size, with all genes."""
    cohort = simulate_cohort(FULL, SEED)
    data = CohortArrays.of(cohort)
    everything = HonestPreparation(min_prevalence=0.0)
    rows, _ = prepare_rows(data, np.arange(len(data.X)), everything)
    for name, values in (("labels", rows.labels), ("matrix", rows.X)):
        with whole_file(folder / f"{name}.npy") as writing, writing.open("wb") as file:
            np.save(file, values)


def measure_fit(folder: Path, space: str) -> dict[str, Any]:
    """Seconds and memory of one fit, and of the weights of genes of all its networks."""
    X, y = np.load(folder / "matrix.npy"), np.load(folder / "labels.npy")
    before = _peak_mb()
    with one_thread_a_task():
        ensemble = make_ensemble(space, SEED)
        started = time.process_time()
        ensemble.fit(X, y)
        fitted = time.process_time()
        n_snapshots = sum(len(snapshots) for snapshots in ensemble.networks_)
        np.sum(ensemble.gene_scores_)
        turned = time.process_time()
    return {
        "space": space,
        "samples": len(X),
        "genes": X.shape[1],
        "fit_seconds": fitted - started,
        "back_seconds": turned - fitted,
        "n_snapshots": n_snapshots,
        "megabytes": _peak_mb() - before,
    }


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def keep_row(path: Path, make: Any) -> dict[str, Any]:
    """What was kept, or what is made now and kept."""
    if not path.exists():
        row = make()
        with whole_file(path) as writing:
            writing.write_text(json.dumps(row, default=float), encoding="utf-8")
        print(json.dumps(row, default=float), flush=True)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def measure_full_size(folder: Path) -> pd.DataFrame:
    """Both fits, each in a process of its own, whose peak begins at that of who starts it."""

    def run(*arguments: str) -> dict[str, Any]:
        command = [sys.executable, __file__, "--keep", str(folder), *arguments]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        row: dict[str, Any] = json.loads(done.stdout)
        return row

    if not (folder / "matrix.npy").exists():
        run("--write")
    rows = [
        keep_row(folder / f"full-size--{space}.json", lambda space=space: run("--fit", space))
        for space in SPACES
    ]
    return pd.DataFrame(rows)


def keep_simulated(folder: Path) -> pd.DataFrame:
    """Shares of true genes on all simulated cohorts."""
    rows = []
    for place, design in enumerate(DESIGNS):
        for number in range(1, N_COHORTS + 1):
            path = folder / f"true-genes--{place}--{number}.json"
            rows.append(keep_row(path, lambda: count_true_genes(design, number)))  # noqa: B023
    return pd.DataFrame(rows)


def write(cohorts: pd.DataFrame, full_size: pd.DataFrame, true_genes: pd.DataFrame) -> None:
    """The tables as CSV and as a page."""
    write_csv(OUTPUT / "span.csv", cohorts.round(4))
    write_csv(OUTPUT / "span-genes.csv", true_genes.round(4))
    of_span = cohorts[cohorts["genes"] >= 2 * cohorts["n"]]
    page = PAGE.format(
        cohorts="\n".join(_compare(cohorts)),
        full_size="\n".join(_full_size(full_size)),
        true_genes="\n".join(_true_genes(true_genes)),
        mean_without=of_span["difference"].mean(),
        n_first=N_FIRST,
        n_cohorts=N_COHORTS,
    )
    write_text(OUTPUT / "span.md", page)


def _compare(cohorts: pd.DataFrame) -> Iterator[str]:
    def rows() -> Iterator[Sequence[str]]:
        for row in cohorts.itertuples():
            yield (
                name_of(row.cohort),
                *(f"{count:,}" for count in (row.n, row.events, row.genes, row.n_splits)),
                f"{row.auc_genes:.3f}",
                f"{row.auc_span:.3f}",
                f"{row.difference:+.3f} ({row.ci_low:+.3f} to {row.ci_high:+.3f})",
            )
        means = cohorts[["auc_genes", "auc_span"]].mean().map("{:.3f}".format)
        yield "**mean**", "", "", "", "", *means, f"{cohorts['difference'].mean():+.3f}"

    headings = (
        *("cohort", "samples", "positive", "genes", "folds"),
        *("AUC, on genes", "on scores", "scores less genes"),
    )
    return table_of(headings, rows())


def _full_size(fits: pd.DataFrame) -> Iterator[str]:
    of = fits.set_index("space")
    of["together"] = of["fit_seconds"] + of["back_seconds"]
    told = {
        "fit, seconds": ("fit_seconds", ".1f"),
        "weights of genes of all snapshots and gene scores, seconds": ("back_seconds", ".1f"),
        "both, seconds": ("together", ".1f"),
        "snapshots": ("n_snapshots", ".0f"),
        "peak memory beyond the matrix, MB": ("megabytes", ",.0f"),
    }
    rows = (
        (
            words,
            *(f"{of.loc[space, column]:{form}}" for space in SPACES),
            f"{of.loc['genes', column] / max(of.loc['span', column], 1e-9):.1f}"
            if column in ("fit_seconds", "together", "megabytes")
            else "",
        )
        for words, (column, form) in told.items()
    )
    return table_of(("", "on genes", "on scores", "genes / scores"), rows)


def _true_genes(table: pd.DataFrame) -> Iterator[str]:
    design = ["samples", "events", "genes", "effect"]

    def rows() -> Iterator[Sequence[str]]:
        for key, of_design in [*table.groupby(design, sort=False), (None, table)]:
            difference = of_design["precision_span"] - of_design["precision_genes"]
            error = difference.std(ddof=1) / len(difference) ** 0.5
            yield (
                *(("**all**", "", "", "") if key is None else (f"{one:,g}" for one in key)),
                *of_design[["precision_genes", "precision_span"]].mean().map("{:.3f}".format),
                f"{difference.mean():+.3f} ({error:.3f})",
                f"{of_design['spearman'].mean():.2f}",
            )

    headings = (
        *("samples", "events", "genes", "effect", "on genes", "on scores"),
        *("scores less genes (standard error)", "correlation of gene scores"),
    )
    return table_of(headings, rows())


def main() -> None:
    """Make what is not kept yet, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cohorts", nargs="*", type=Path, help=".h5ad files, with labels")
    parser.add_argument("--keep", type=Path, default=Path("build/span"))
    parser.add_argument("--scores", type=Path, default=Path("build/committee"))
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--fit", choices=SPACES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    if asked.write:
        write_full_size(asked.keep)
        print("{}")
    elif asked.fit:
        print(json.dumps(measure_fit(asked.keep, asked.fit)))
    else:
        true_genes = keep_simulated(asked.keep)
        full_size = measure_full_size(asked.keep)
        cohorts = [compare_cohort(Tested.load(path), asked.scores) for path in asked.cohorts]
        write(pd.DataFrame(cohorts), full_size, true_genes)


if __name__ == "__main__":
    main()
