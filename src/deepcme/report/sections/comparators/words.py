"""What is said of the models beside published signatures, by rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from deepcme.base.words import listed
from deepcme.evaluation.nulls import LEVEL
from deepcme.evaluation.predictions import LEFT_OUT
from deepcme.models.signatures.matching import FULL_SHARE, PARTIAL_SHARE
from deepcme.report.sections.comparators.compared import (
    INDEX,
    TRAINED,
    find_named,
)
from deepcme.study.parts.comparators.clinical_index import PARTIAL
from deepcme.study.parts.comparators.signatures import OWN, PUBLISHED, REFUSED

_RESEARCH = (
    "Signatures are research versions, not the assays: genes and weights as published, for the "
    "platforms and patients named below, scaled here by the training part alone and fitted to "
    "no outcome here. "
)
_OWN = "Those of the user's own files are as the files have them. "
_SHOWN = (
    "What is shown is how published weights rank these patients; not how an assay would, which "
    "measures other probes in other material, against reference genes."
)
_INDEX = (
    "The index is computed of clinical columns as published, and fitted to no outcome here."
)
_VANCOUVER = re.compile(
    r"(?P<author>[^,.;]+?) [A-Z]{1,3}(?P<others>,[^.;]*)?\..*\b(?P<year>(?:19|20)\d{2});"
)
_NONE_NAMED = "No signature was named in advance."
_METHODS = (
    "Genes were found by identifier, symbol or an earlier symbol; a signature is full with at "
    f"least {FULL_SHARE:.0%} of its genes and of their absolute weight, partial with at least "
    f"{PARTIAL_SHARE:.0%}, and not scored below. Scores are scaled within the cohort by the "
    "training part of each split alone, higher being worse; nothing is fitted to outcomes. "
    "Values and intervals are those of the models, on the same test patients."
)


def describe_found(
    table: pd.DataFrame, measure: str, exceeds_chance: Callable[[str], bool]
) -> str:
    """What the differences to signatures and index show, in a few sentences.

    Parameters
    ----------
    table : DataFrame
        As `compute_beside_clinic` gives it.
    measure : str
        Heading of the measure that it is of.
    exceeds_chance : callable
        Whether a model or signature of a name is shown to exceed chance: no other is called
        better.
    """
    headline = str(table["model"].iloc[0])
    told = table[table["difference"].notna() & (table["kind"] != TRAINED)]
    named = table[table["named"]]
    sentences = [
        *(
            _describe_named(row, headline, measure, exceeds_chance)
            for row in named.to_dict("records")
        ),
        "" if len(named) else _NONE_NAMED,
        _describe_others(told[~told["named"]], headline, exceeds_chance),
    ]
    return " ".join(filter(None, sentences))


def _describe_named(
    row: Mapping[Any, Any], headline: str, measure: str, exceeds_chance: Callable[[str], bool]
) -> str:
    other = str(row["model"])
    where = f"In {row[LEFT_OUT]}: " if LEFT_OUT in row else ""
    called = f"{other}, the signature named in advance{_caution(row)}"
    if pd.isna(row["difference"]):
        return f"{where}{headline} is not compared with {called}."
    low, high = row["difference_low"], row["difference_high"]
    known = np.isfinite([low, high]).all()
    numbers = f"difference in {measure} {row['difference']:+.3f}" + (
        f", 95% interval {low:+.3f} to {high:+.3f}" if known else ", without an interval"
    )
    if low > 0 and exceeds_chance(headline):
        return f"{where}{headline} ranks patients better than {called} ({numbers})."
    if high < 0 and exceeds_chance(other):
        return f"{where}{headline} ranks patients worse than {called} ({numbers})."
    return (
        f"{where}{headline} is not shown to rank patients better or worse than {called} "
        f"({numbers})."
    )


def _describe_others(
    rows: pd.DataFrame, headline: str, exceeds_chance: Callable[[str], bool]
) -> str:
    if rows.empty:
        return ""
    shown = rows[rows["p_holm"] <= LEVEL]
    better = [_place(row) for row in shown[shown["difference"] > 0].to_dict("records")]
    worse = [
        _place(row)
        for row in shown[shown["difference"] < 0].to_dict("records")
        if exceeds_chance(str(row["model"]))
    ]
    better = better if exceeds_chance(headline) else []
    n_others = rows["model"].nunique()
    others = "the other row" if n_others == 1 else f"the {n_others} other rows"
    if not better and not worse:
        return f"After Holm no difference to {others} is shown."
    said = [f"better than {listed(better)}"] if better else []
    said += [f"worse than {listed(worse)}"] if worse else []
    return f"Of {others}, after Holm, {headline} ranks patients {' and '.join(said)}."


def _place(row: Mapping[Any, Any]) -> str:
    where = f" in {row[LEFT_OUT]}" if LEFT_OUT in row else ""
    return f"{row['model']}{where}{_caution(row)}"


def _caution(row: Mapping[Any, Any]) -> str:
    return " (see the warning on it)" if row["warned"] else ""


def list_warnings(signatures: pd.DataFrame) -> list[str]:
    """What weakens a comparison, signature by signature; one that all share names none."""
    scored = signatures[signatures["standing"] != REFUSED]
    said: dict[str, list[str]] = {}
    for column in ("trained_here", "warnings"):
        for row in scored[scored[column] != ""].to_dict("records"):
            said.setdefault(str(row[column]), []).append(str(row["signature"]))
    published = int((scored["kind"] == PUBLISHED).sum())
    return [
        f"{'every signature' if len(names) == published > 1 else listed(names)}: {sentence}"
        for sentence, names in said.items()
    ]


def list_refused(signatures: pd.DataFrame) -> list[str]:
    """Which were not scored: a line for those that lack genes, one for each other reason."""
    refused = signatures[signatures["standing"] == REFUSED]
    lacks_genes = refused[["gene_share", "weight_share"]].min(axis=1) < PARTIAL_SHARE
    lines = []
    if lacks_genes.any():
        found = listed(
            f"{row['signature']} ({row['n_found']:.0f} of {row['n_listed']:.0f})"
            for row in refused[lacks_genes].to_dict("records")
        )
        lines.append(
            f"Not scored, as under {PARTIAL_SHARE:.0%} of their genes or weight are in the "
            f"cohort: {found}."
        )
    return [*lines, *_list_by_reason(refused[~lacks_genes], "why", "not scored")]


def list_without_single_scores(scalings: pd.DataFrame | None) -> list[str]:
    """Which have no score of a single sample, a line for each reason.

    Parameters
    ----------
    scalings : DataFrame or None
        As `compute_scalings` gives them.
    """
    if scalings is None:
        return []
    rows = scalings[scalings["absent"] != ""].drop_duplicates("model")
    rows = rows.rename(columns={"model": "signature"})
    return _list_by_reason(rows, "absent", "no score of single samples")


def _list_by_reason(rows: pd.DataFrame, column: str, what: str) -> list[str]:
    return [
        f"{listed(of_reason['signature'])}: {what}. {reason}"
        for reason, of_reason in rows.groupby(column, sort=False)
    ]


def describe_kinds(signatures: pd.DataFrame) -> str:
    """What the scores are, and what no row here shows."""
    kinds = set(signatures.loc[signatures["standing"] != REFUSED, "kind"])
    said = _RESEARCH if PUBLISHED in kinds else ""
    said += _OWN if OWN in kinds else ""
    said += _SHOWN if PUBLISHED in kinds else ""
    return said or (_INDEX if kinds else "")


def describe_signatures(signatures: pd.DataFrame) -> str:
    """What stands beside the models and how it was scored, for the methods."""
    scored = signatures[signatures["standing"] != REFUSED]
    is_index = scored["kind"] == INDEX
    sentences = []
    if not is_index.all():
        cited = "; ".join(_cite(row) for row in scored[~is_index].to_dict("records"))
        sentences += [f"Research versions, not the assays: {cited}.", _METHODS]
    named = find_named(signatures)
    sentences.append("" if named is None else f"{named} was named in advance.")
    sentences += scored.loc[is_index, "methods"].tolist()
    return " ".join(filter(None, sentences))


def _cite(row: Mapping[Any, Any]) -> str:
    cited = f" ({shorten_citation(row['source'])})" if row["source"] else ""
    partial = ", partial" if row["standing"] == PARTIAL else ""
    found = f"{row['n_found']:.0f} of {row['n_listed']:.0f} genes"
    return f"{row['signature']}{cited}, {found}{partial}"


def shorten_citation(citation: str) -> str:
    """First author and year of a citation in Vancouver style; another stays as it is."""
    found = _VANCOUVER.match(citation)
    if found is None:
        return citation.rstrip(".")
    others = " et al." if found["others"] else ""
    return f"{found['author']}{others} {found['year']}"


def name_standing(row: Mapping[Any, Any]) -> str:
    """What a row of the table is, in words."""
    kind, partial = row["kind"], row["standing"] == PARTIAL
    if kind == PUBLISHED:
        words = "partial" if partial else "full"
    else:
        words = f"{kind}, partial" if partial else str(kind)
    words += ", named" if row["named"] else ""
    return f"{words}, see warning" if row["warned"] else words
