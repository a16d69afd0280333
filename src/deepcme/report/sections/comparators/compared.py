"""The models beside what was not trained here: how each ranks the same test patients.

What is read of a study's folder, beside its predictions:

- ``signatures.csv``, a row for each signature that was looked at, refused ones too:
  `signature` (its name among the predictions), `title, kind` (`PUBLISHED` or `OWN`),
  `standing` (``full``, `PARTIAL` or `REFUSED`), `why` (it is not full), `n_found, n_listed,
  gene_share, weight_share, aliases, missing, cancer, platform, source, scaling, trained_here,
  warnings, single_sample` (why there is no such score), `spearman, spearman_low,
  spearman_high, same_class, n_agreement` (of both scalings), `comparator` (named in advance);
- ``clinical_index.csv``, likewise of a clinical index: `index, title, standing, why, warnings,
  methods` (sentences for the methods), `source, cancer, n, n_known`;
- ``signature_scores.parquet``: `sample, signature, scaling, score`, of each sample by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.intervals import compute_wilson_interval
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.models.signatures.scoring import SINGLE_SAMPLE
from deepcme.report.models import find_refitted_models
from deepcme.report.section import Contents
from deepcme.study.parts.added_value import CLINICAL
from deepcme.study.parts.comparators.clinical_index import CLINICAL_INDEX, PARTIAL
from deepcme.study.parts.comparators.signatures import (
    OWN,
    PUBLISHED,
    REFUSED,
    SIGNATURE_SCORES,
    SIGNATURES,
)
from deepcme.study.store import StudyFolder

TRAINED, INDEX, COLUMNS = "trained here", "clinical index", "clinical columns"
"""What a row of the table is, beside the kinds of signatures."""

FEWEST_SCORED = 0.9
"""Share of the tested samples with a score of their own from which on they are ranked by it."""

_DESCRIBED = (
    "signature", "title", "kind", "standing", "comparator", "n_found", "n_listed",
    "gene_share", "weight_share", "scaling",
)  # fmt: skip
_TEXTS = (
    "title", "why", "aliases", "missing", "cancer", "platform", "source", "scaling",
    "trained_here", "warnings", "single_sample", "methods",
)  # fmt: skip
_DIFFERENCE = ("difference", "difference_low", "difference_high", "p_value", "p_holm")
_AGREEMENT = ("spearman", "spearman_low", "spearman_high", "same_class", "n_agreement")
_SAME_CLASS = ("same_class_low", "same_class_high")
_RANKED = ("within", "within_low", "within_high", "single", "single_low", "single_high")
_COLUMNS = [*dict.fromkeys([*_DESCRIBED, "n", "n_known", *_TEXTS, *_AGREEMENT])]


def read_signatures(folder: StudyFolder) -> pd.DataFrame:
    """What was looked at beside the models: full and partial ones, an index, refused ones.

    The one that was named in advance comes before others of its standing. A clinical index is
    a row like the others, of kind `INDEX`, with the number of patients whose components are
    known, `n_known` of `n`.

    Raises
    ------
    AbsentError
        If the study looked at none.
    """
    tables = []
    if folder.has_table(SIGNATURES):
        tables.append(folder.read_table(SIGNATURES))
    if folder.has_table(CLINICAL_INDEX):
        index = folder.read_table(CLINICAL_INDEX).rename(columns={"index": "signature"})
        tables.append(index.assign(kind=INDEX, comparator=False))
    if not tables:
        raise AbsentError("No published signature or clinical index stands beside the models.")
    table = pd.concat(tables, ignore_index=True).reindex(columns=_COLUMNS)
    table[list(_TEXTS)] = table[list(_TEXTS)].fillna("").astype(str)
    table["comparator"] = table["comparator"].eq(True)
    order = pd.DataFrame(
        {
            "refused": table["standing"] == REFUSED,
            "index": table["kind"] == INDEX,
            "partial": table["standing"] == PARTIAL,
            "other": ~table["comparator"],
        }
    )
    places = order.sort_values(order.columns.tolist(), kind="stable").index
    ordered: pd.DataFrame = table.loc[places].reset_index(drop=True)
    return ordered


def find_named(signatures: pd.DataFrame) -> str | None:
    """The one that was named in advance, if it was scored."""
    named = signatures[signatures["comparator"] & (signatures["standing"] != REFUSED)]
    return str(named["signature"].iloc[0]) if len(named) else None


def compute_beside_clinic(contents: Contents, signatures: pd.DataFrame) -> pd.DataFrame:
    """AUC, or of times Uno's C, of the headline and of all that it is set against.

    Values and intervals are those of the table of discrimination. Differences are of the
    headline less the row, on the same patients and splits: of labels by `compute_comparison`,
    of times by `compute_survival_differences`. Their family is what the study did not train;
    that to the trained comparator is as in the comparison of the models.

    Parameters
    ----------
    contents : Contents
        With the tables of discrimination and comparison.
    signatures : DataFrame
        As `read_signatures` gives them.

    Returns
    -------
    DataFrame
        `model, kind, standing, title, named` (in advance), `warned` (as this cohort helped to
        make it), `measure, value, ci_low, ci_high,
        difference, difference_low, difference_high, p_value, p_holm, n_found, n_listed,
        gene_share, weight_share, scaling, n, events, n_splits, absent` (why there is no
        value); and `left_out` first where cohorts were. A difference is missing where there
        is none.

    Raises
    ------
    AbsentError
        If no signature has enough of its genes, and there is no clinical index.
    """
    scored = signatures[signatures["standing"] != REFUSED]
    if scored.empty:
        raise AbsentError("No signature has enough of its genes in this cohort to be scored.")
    results = contents.results
    described = _describe_rows(contents, scored)
    table = described.merge(_select_ranks(contents, described["model"].tolist()), on="model")
    keys = [name for name in (LEFT_OUT, "model") if name in table.columns]
    others = [name for name, kind in zip(described["model"], described["kind"], strict=True)
              if kind != TRAINED]  # fmt: skip
    differences = _compute_differences(contents, others, find_named(signatures))
    shared = [name for name in keys if name in differences.columns]
    table = table.merge(differences, "left", shared).assign(measure=results.ranked_by.name)
    if LEFT_OUT in table.columns:
        # Cohort by cohort, as the other tables.
        order = {cohort: place for place, cohort in enumerate(table[LEFT_OUT].unique())}
        table = table.sort_values(LEFT_OUT, key=lambda of: of.map(order), kind="stable")
    columns = [
        *keys, "kind", "standing", "title", "named", "warned", "measure", "value", "ci_low",
        "ci_high",
        *_DIFFERENCE, "n_found", "n_listed", "gene_share", "weight_share", "scaling", "n",
        "events", "n_splits", "absent",
    ]  # fmt: skip
    return table[columns].reset_index(drop=True)


def _describe_rows(contents: Contents, scored: pd.DataFrame) -> pd.DataFrame:
    """Who stands in the table, in its order."""
    study, predictions = contents.results.study, contents.results.predictions
    trained = [name for name in (contents.headline, study.comparator.model) if name is not None]
    named = scored[list(_DESCRIBED)].rename(
        columns={"signature": "model", "comparator": "named"}
    )
    rows = [
        pd.DataFrame({"model": trained, "kind": TRAINED}),
        named.assign(warned=scored["trained_here"] != ""),
    ]
    if CLINICAL in predictions["model"].unique() and CLINICAL not in trained:
        rows.append(pd.DataFrame({"model": [CLINICAL], "kind": [COLUMNS]}))
    table = pd.concat(rows, ignore_index=True)
    texts = ["standing", "title", "scaling"]
    table[texts] = table[texts].fillna("")
    marks = ["named", "warned"]
    table[marks] = table[marks].eq(True)
    return table


def _select_ranks(contents: Contents, models: Sequence[str]) -> pd.DataFrame:
    """Rows of the table of discrimination, by the names that both kinds of outcome share."""
    if contents.results.is_survival:
        table = contents.require("survival_discrimination")
        table = table[table["measure"] == UNO.name]
    else:
        table = contents.require("discrimination").rename(columns={"auc": "value"})
        table = table.assign(absent="")
    columns = ["model", "value", "ci_low", "ci_high", "n", "events", "n_splits", "absent"]
    columns = [*table.columns.intersection([LEFT_OUT]), *columns]
    return table.loc[table["model"].isin(models), columns]


def _compute_differences(
    contents: Contents, others: Sequence[str], named: str | None
) -> pd.DataFrame:
    """Headline less each; those to the trained comparator are of the comparison of models."""
    results = contents.results
    tables = []
    try:
        if results.is_survival:
            found = compute_survival_differences(
                results.evaluation, contents.headline, others, comparator=named
            )
        else:
            found = compute_comparison(
                results.predictions,
                contents.headline,
                others,
                comparator=named,
                refitted=find_refitted_models(results.study),
            )
        tables.append(found)
    except AbsentError as absent:
        contents.notes["beside_clinic_differences"] = str(absent)
    of_models = contents.tables.get(
        "survival_comparison" if results.is_survival else "comparison"
    )
    if of_models is not None:
        tables.append(of_models[of_models["baseline"] == results.study.comparator.model])
    if not tables:
        return pd.DataFrame(columns=["model", *_DIFFERENCE], dtype=object)
    table = pd.concat(tables, ignore_index=True)
    if results.is_survival:
        table = table[table["measure"] == UNO.name]
    table = table.drop(columns="model").rename(
        columns={"baseline": "model", "ci_low": "difference_low", "ci_high": "difference_high"}
    )
    return table[[*table.columns.intersection([LEFT_OUT]), "model", *_DIFFERENCE]]


def compute_scalings(contents: Contents, signatures: pd.DataFrame) -> pd.DataFrame:
    """How each signature ranks the same test patients by its two scores, and how these agree.

    Within the cohort a signature is scaled by the training part; a single sample's score
    needs no other sample and is the same in every split. Both are measured by the functions
    of the models, in the same draws, on the test samples that have a single one's score:
    where all have, the value within the cohort is that of the table of discrimination.

    Parameters
    ----------
    contents : Contents
        With the table `beside_clinic`.
    signatures : DataFrame
        As `read_signatures` gives them.

    Returns
    -------
    DataFrame
        `model, measure, within, within_low, within_high, single, single_low, single_high,
        spearman, spearman_low, spearman_high, same_class, n_agreement, same_class_low,
        same_class_high, n, events, absent` (why there is no score of single samples); and
        `left_out` before `model` where cohorts were.

    Raises
    ------
    AbsentError
        If no signature was scored.
    """
    kinds = contents.require("beside_clinic").drop_duplicates("model")
    models = kinds.loc[kinds["kind"].isin([PUBLISHED, OWN]), "model"].tolist()
    if not models:
        raise AbsentError("No signature has enough of its genes in this cohort to be scored.")
    described = signatures.set_index("signature")
    scores = _read_single_scores(contents.results.folder)
    tables = []
    for model in models:
        try:
            found = _rank_both(contents, model, scores.get(model), described.loc[model])
        except AbsentError as absent:
            found = pd.DataFrame({"absent": [str(absent)]})
        agreement = described.loc[model, list(_AGREEMENT)]
        tables.append(found.assign(model=model, **agreement, **_bound(agreement)))
    table = pd.concat(tables, ignore_index=True).assign(measure=contents.results.ranked_by.name)
    keys = [name for name in (LEFT_OUT, "model") if name in table.columns]
    table["absent"] = table["absent"].fillna("")
    columns = [*keys, "measure", *_RANKED, *_AGREEMENT, *_SAME_CLASS, "n", "events", "absent"]
    return table.reindex(columns=columns)


def _bound(agreement: pd.Series) -> dict[str, float]:
    """Wilson's interval of the share in the same class; NaN where there are no classes."""
    share, n = agreement["same_class"], agreement["n_agreement"]
    if pd.isna(share):
        return dict.fromkeys(_SAME_CLASS, np.nan)
    found = compute_wilson_interval(round(share * n), int(n))
    return dict(zip(_SAME_CLASS, (found.ci_low, found.ci_high), strict=True))


def _read_single_scores(folder: StudyFolder) -> dict[str, pd.Series]:
    """Score of each sample by itself, by signature."""
    if not folder.has_table(SIGNATURE_SCORES):
        return {}
    table = folder.read_table(SIGNATURE_SCORES)
    table = table.astype({"score": np.float64})  # a table without rows knows no types
    table = table[(table["scaling"] == SINGLE_SAMPLE) & np.isfinite(table["score"])]
    return {
        str(name): rows.set_index("sample")["score"]
        for name, rows in table.groupby("signature", sort=False)
    }


def _rank_both(
    contents: Contents, model: str, scores: pd.Series | None, described: pd.Series
) -> pd.DataFrame:
    """Value and interval by both scores, one row or one for each cohort left out.

    Raises
    ------
    AbsentError
        If too few tested samples have a score of their own, or these cannot be ranked.
    """
    if scores is None:
        raise AbsentError(described["single_sample"] or "No sample has one.")
    results = contents.results
    rows = results.predictions[results.predictions["model"] == model]
    has_score = rows["sample"].isin(scores.index)
    tested = rows.loc[rows["part"] == "test", "sample"]
    known = tested[has_score].nunique()
    if known < FEWEST_SCORED * tested.nunique():
        raise AbsentError(f"Of {tested.nunique():,} tested samples {known:,} have one.")
    within = rows[has_score]
    single = within.assign(score=within["sample"].map(scores).to_numpy(np.float64))
    both = pd.concat([within.assign(model="within"), single.assign(model="single")])
    return _rank(contents, both)


def _rank(contents: Contents, rows: pd.DataFrame) -> pd.DataFrame:
    """Both scores' values beside each other."""
    results = contents.results
    try:
        if results.is_survival:
            evaluation = results.evaluation.with_predictions(rows)
            table = compute_survival_discrimination(evaluation, [UNO])
        else:
            table = compute_discrimination(rows, contents.random("auc"))
    except DeepCMEError as error:
        raise AbsentError(str(error)) from error
    table = table.rename(columns={"auc": "value"})
    table = table.rename(columns={"absent": "reason"})
    keys = [name for name in (LEFT_OUT,) if name in table.columns]
    shown = [*keys, "value", "ci_low", "ci_high"]
    within, single = (
        table.loc[table["model"] == scaling].reset_index(drop=True)
        for scaling in ("within", "single")
    )
    beside = within[shown].rename(columns=_named_by("within"))
    values = single[["value", "ci_low", "ci_high", "n", "events"]]
    beside = beside.join(values.rename(columns=_named_by("single")))
    return beside.assign(absent=single.get("reason", ""))


def _named_by(scaling: str) -> dict[str, str]:
    return {"value": scaling, "ci_low": f"{scaling}_low", "ci_high": f"{scaling}_high"}
