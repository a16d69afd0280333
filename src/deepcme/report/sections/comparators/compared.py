"""The models beside what was not trained here: how each ranks the same test patients.

What is read of a study's folder, beside its predictions:

- ``signatures.csv``, a row for each signature that was looked at, refused ones too:
  `signature` (its name among the predictions), `title, kind` (`PUBLISHED` or `OWN`),
  `standing` (`FULL`, `PARTIAL` or `REFUSED`), `why` (it is not full), `n_found, n_listed,
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

from deepcme.base.errors import AbsentError
from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.evaluation.survival.measured import UNO
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from deepcme.report.models import (
    CLINICAL_INDEX,
    REFUSED,
    SIGNATURES,
    find_refitted_models,
)
from deepcme.report.section import Contents
from deepcme.study.parts.added_value import CLINICAL
from deepcme.study.store import StudyFolder

SINGLE_SCORES = "signature_scores.parquet"
SINGLE_SAMPLE = "single sample"
FULL, PARTIAL = "full", "partial"
PUBLISHED, OWN, INDEX = "published", "own file", "clinical index"
TRAINED, COLUMNS = "trained here", "clinical columns"
"""What a row of the table is, beside the kinds of signatures."""

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
        `model, kind, standing, title, named` (in advance), `measure, value, ci_low, ci_high,
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
        *keys, "kind", "standing", "title", "named", "measure", "value", "ci_low", "ci_high",
        *_DIFFERENCE, "n_found", "n_listed", "gene_share", "weight_share", "scaling", "n",
        "events", "n_splits", "absent",
    ]  # fmt: skip
    return table[columns].reset_index(drop=True)


def _describe_rows(contents: Contents, scored: pd.DataFrame) -> pd.DataFrame:
    """Who stands in the table, in its order."""
    study, predictions = contents.results.study, contents.results.predictions
    trained = [name for name in (contents.headline, study.comparator.model) if name is not None]
    rows = [
        pd.DataFrame({"model": trained, "kind": TRAINED}),
        scored[list(_DESCRIBED)].rename(columns={"signature": "model", "comparator": "named"}),
    ]
    if CLINICAL in predictions["model"].unique() and CLINICAL not in trained:
        rows.append(pd.DataFrame({"model": [CLINICAL], "kind": [COLUMNS]}))
    table = pd.concat(rows, ignore_index=True)
    texts = ["standing", "title", "scaling"]
    table[texts] = table[texts].fillna("")
    table["named"] = table["named"].eq(True)
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
    needs no other sample and is the same in every split. Both are measured by the same
    function in the same draws.

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
        spearman, spearman_low, spearman_high, same_class, n_agreement, n, events, absent`
        (why there is no score of single samples); and `left_out` first where cohorts were.

    Raises
    ------
    AbsentError
        If no signature was scored.
    """
    within = contents.require("beside_clinic")
    within = within[within["kind"].isin([PUBLISHED, OWN])]
    if within.empty:
        raise AbsentError("No signature has enough of its genes in this cohort to be scored.")
    keys = [name for name in (LEFT_OUT, "model") if name in within.columns]
    scores, absent = _read_single_scores(contents, signatures, within["model"].tolist())
    single = _rank_single_samples(contents, scores)
    of_signature = signatures.rename(columns={"signature": "model"})
    columns = [*keys, "measure", "value", "ci_low", "ci_high", "n", "events"]
    table = within[columns].rename(columns=_named_by("within"))
    table = table.merge(single.rename(columns=_named_by("single")), "left", keys)
    table = table.merge(of_signature[["model", *_AGREEMENT]], "left", "model")
    table["absent"] = table["model"].map(absent).fillna("")
    return table


def _named_by(scaling: str) -> dict[str, str]:
    return {"value": scaling, "ci_low": f"{scaling}_low", "ci_high": f"{scaling}_high"}


def _read_single_scores(
    contents: Contents, signatures: pd.DataFrame, models: Sequence[str]
) -> tuple[dict[str, pd.Series], dict[str, str]]:
    """Score of each sample by itself, by signature; or why a signature has none."""
    folder = contents.results.folder
    table = pd.DataFrame({"sample": [], "signature": [], "scaling": [], "score": []})
    if folder.has_table(SINGLE_SCORES):
        table = folder.read_table(SINGLE_SCORES)
    table = table[table["scaling"] == SINGLE_SAMPLE]
    why = signatures.set_index("signature")["single_sample"]
    tested = pd.Index(contents.results.predictions["sample"].unique())
    scores, absent = {}, {}
    for model in models:
        of_model = table[table["signature"] == model].set_index("sample")["score"]
        known = of_model.reindex(tested)
        lacking = int((~np.isfinite(known.to_numpy(np.float64))).sum())
        if not lacking:
            scores[model] = of_model
        else:
            absent[model] = why[model] or f"{lacking} of {len(tested)} samples have no score."
    return scores, absent


def _rank_single_samples(contents: Contents, scores: dict[str, pd.Series]) -> pd.DataFrame:
    """Value and interval by the scores of single samples, on the rows of the others."""
    results = contents.results
    keys = results.predictions.columns.intersection([LEFT_OUT]).tolist()
    columns = [*keys, "model", "value", "ci_low", "ci_high"]
    if not scores:
        return pd.DataFrame(
            {name: pd.Series(dtype=_TYPES.get(name, float)) for name in columns}
        )
    rows = results.predictions
    rows = pd.concat(
        [
            of_model.assign(score=of_model["sample"].map(of_sample).to_numpy(np.float64))
            for model, of_sample in scores.items()
            for of_model in [rows[rows["model"] == model]]
        ]
    )
    if results.is_survival:
        evaluation = results.evaluation.with_predictions(rows)
        return compute_survival_discrimination(evaluation, [UNO])[columns]
    table = compute_discrimination(rows, contents.random("auc"))
    return table.rename(columns={"auc": "value"})[columns]


_TYPES = {LEFT_OUT: object, "model": object}
