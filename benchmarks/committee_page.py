"""The page on how good models of labels are: tables by cohort, the committee beside each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from deepcme.base.files.files import write_text

CHOSEN_ON = ("VDX", "van 't Veer")
"""Cohorts on which settings of the models were chosen."""

PAGE = """\
# The committee beside its members and other models

Six public breast cancer cohorts with a yes or no: whether a distant metastasis (in GSE1992 a
relapse at any site) came by the horizon. Every model is fitted on the same thirty folds (six
times five, stratified and by patient), as a study fits it with protocol `honest`: preprocessing
learned of the training part, judged on the fifth of the patients left out.

{cohorts}

\\* Settings of the ensemble and of the committee were chosen on simulated cohorts and on these
two, so that their figures here may flatter them a little. Nothing was chosen on the other four;
but that unlike models together are seldom far from the best was seen on all six, with other
folds, before there was a committee. Two more cohorts, or your own, would be the proof.

## AUC

The mean over the test parts, and its 95% interval: of a patient bootstrap, Student's t on the
logit scale, widened because patients who test one fit train another. `LR-tuned`, the ensemble
and the committee learn from the training and the validation part; `LR`, `SVC` and `RF` from the
training part alone, and `DeepCME` chooses its epoch on the validation part, as in every study.
In bold the best of each cohort.

{auc}

The intervals are of one model alone, and the models share their patients: overlapping intervals
do not show that two models are equally good, nor do means and ranks over six cohorts show that
one is better. The seed alone moves these means by about .01: the ensemble above and the one in
the committee below are the same model with other seeds. With others, the mean ranks of the
ensemble and of the committee might change places.

## The committee less the best other model

The best other model of a cohort is known only afterwards, which is against the committee: were
all equally good, the differences would be below zero on average. Intervals: 95%, by the
corrected resampled t-test (Nadeau and Bengio 2003), with the wider correction of a study for
models that learn from the validation part as well.

{others}

## The committee less its best member

The members as the committee has them, all fitted on the training and the validation part: a
fairer pair than the models above. Which member is the best is again known only afterwards.

{members}

The AUC of each member, with the committee's:

{of_members}

{lassonet}## Time

Seconds of processor for one fit, its preprocessing and the scores of the test part, on one
core of a machine that had other work. A study fits an ensemble three times more, for scores
out of fold; a committee has its own.

{seconds}

The fits are made again by

    make bench-committee COHORTS="transbig.h5ad vdx.h5ad g25055.h5ad ..."

with the files of all six cohorts, as `deepcme prepare` writes them, with labels; what is done
is kept in `build/committee`. LassoNet, which does not come with deepcme (`pip install
lassonet`) and takes long, is on this page only where it was run: on ten folds of the cohorts
with up to 1,151 genes.
"""

LASSONET_PART = """\
## LassoNet

LassoNet (Lemhadri 2021; version 0.0.21, MIT licence; needed for this benchmark alone) as it
comes: its default path of penalties on the training part, at the one of lowest loss on the
validation part. It takes long, so only the first {n_splits} folds of the cohorts with up to
1,151 genes, where the others stand beside it on the same folds.

{table}

"""


def write_page(
    path: Path,
    results: pd.DataFrame,
    committee: str,
    models: Sequence[str],
    members: Sequence[str],
    lassonet: str,
) -> None:
    """Write the page.

    `results` has a row for each cohort, model and number of folds, as `committee.csv` has.
    """
    few = results.loc[results["model"] == lassonet, "n_splits"].min()
    full = results[results["n_splits"] != few]
    of_models = full[full["model"].isin(models)]
    of_members = full[full["model"].isin(members)]
    of_committee = full[full["model"].isin([committee, *members])]
    beside = results[results["n_splits"] == few]
    page = PAGE.format(
        cohorts="\n".join(_describe(full)),
        auc="\n".join(_compare(of_models, models)),
        others="\n".join(_best(of_models[of_models["model"] != committee])),
        members="\n".join(_best(of_members)),
        of_members="\n".join(_compare(of_committee, [committee, *members])),
        lassonet=_lassonet_part(beside, [*models, lassonet]) if len(beside) else "",
        seconds="\n".join(_seconds(of_models, models)),
    )
    write_text(path, page)


def name_of(cohort: str) -> str:
    """Its name, with a mark where settings were chosen on it."""
    return f"{cohort} \\*" if cohort in CHOSEN_ON else cohort


def table_of(headings: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """Lines of a table, of which the first column alone is words."""
    yield f"| {' | '.join(headings)} |"
    yield f"| --- |{' ---: |' * (len(headings) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def compute_mean_ranks(aucs: pd.DataFrame) -> pd.Series:
    """Mean rank of each column over the rows; 1 is the highest AUC."""
    return aucs.rank(axis=1, ascending=False).mean()


def _describe(results: pd.DataFrame) -> Iterator[str]:
    rows = (
        (name_of(str(row["cohort"])), *(f"{row[key]:,}" for key in ("n", "events", "genes")))
        for _, row in results.drop_duplicates("cohort").iterrows()
    )
    return table_of(("cohort", "samples", "positive", "genes"), rows)


def _compare(results: pd.DataFrame, models: Sequence[str]) -> Iterator[str]:
    aucs = results.pivot(index="cohort", columns="model", values="auc")[list(models)]

    def rows() -> Iterator[Sequence[str]]:
        for cohort, of_cohort in results.groupby("cohort", sort=False):
            best = of_cohort["auc"].max()
            told = of_cohort.set_index("model")
            yield (
                name_of(str(cohort)),
                *(_auc(told.loc[model], best) for model in models),
            )
        yield "**mean**", *aucs.mean().map("{:.3f}".format)
        yield "**mean rank**", *compute_mean_ranks(aucs).map("{:.2f}".format)

    return table_of(("cohort", *models), rows())


def _auc(row: pd.Series, best: float) -> str:
    value = f"{row['auc']:.3f}"
    value = f"**{value}**" if row["auc"] == best else value
    return f"{value}<br>{row['ci_low']:.2f}&nbsp;to&nbsp;{row['ci_high']:.2f}"


def _lassonet_part(results: pd.DataFrame, models: Sequence[str]) -> str:
    table = "\n".join(_compare(results, models))
    return LASSONET_PART.format(n_splits=results["n_splits"].min(), table=table)


def _best(results: pd.DataFrame) -> Iterator[str]:
    def rows() -> Iterator[Sequence[str]]:
        differences = []
        for cohort, of_cohort in results.groupby("cohort", sort=False):
            best = of_cohort.loc[of_cohort["auc"].idxmax()]
            ends = f"{best['difference_low']:+.3f} to {best['difference_high']:+.3f}"
            differences.append(best["difference"])
            yield (
                name_of(str(cohort)),
                f"{best['model']}, {best['auc']:.3f}",
                f"{best['difference']:+.3f} ({ends})",
            )
        yield "**mean**", "", f"{sum(differences) / len(differences):+.3f}"

    return table_of(("cohort", "the best", "the committee less it"), rows())


def _seconds(results: pd.DataFrame, models: Sequence[str]) -> Iterator[str]:
    seconds = results.pivot(index="cohort", columns="model", values="seconds")
    rows = (
        (name_of(cohort), *(f"{seconds.loc[cohort, model]:.1f}" for model in models))
        for cohort in results["cohort"].unique()
    )
    return table_of(("cohort", *models), rows)
