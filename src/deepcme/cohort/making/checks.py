"""What every cohort has, and what is refused in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.hdf5.annotated import as_text, clean_texts, require_own_ids
from deepcme.base.names import check_cohort_names
from deepcme.cohort.outcome import Outcome
from deepcme.cohort.people import own_where_nobody
from deepcme.cohort.tissues.tissues import UNKNOWN

if TYPE_CHECKING:
    import anndata as ad

VAR_COLUMNS = ("gene_id", "symbol")
# What stands for a missing one; nothing for an id.
_TEXT_OF_SAMPLES = {"sample": None, "patient": UNKNOWN, "tissue": UNKNOWN, "batch": UNKNOWN}
_TEXT_OF_GENES = {"gene_id": None, "symbol": ""}


def own_columns(outcome: type[Outcome]) -> tuple[str, ...]:
    """Columns of samples that every cohort of such an outcome has."""
    return ("sample", "patient", "tissue", *outcome.columns, "batch")


def check_tables(
    adata: ad.AnnData, outcome: type[Outcome], name: str, words: Mapping[str, Any]
) -> str | None:
    """Check samples and genes, and spell their ids and words in one way, in place.

    Parameters
    ----------
    adata : AnnData
    outcome : type of Outcome
        Whose columns there have to be.
    name : str
        Of the cohort.
    words : mapping
        Further texts that are kept with it, by what they are.

    Returns
    -------
    str or None
        How many samples are of nobody known, who count as patients of their own.

    Raises
    ------
    DeepCMEError
        Naming what is missing, repeated or cannot be a name.
    """
    obs, var = adata.obs, adata.var
    own = own_columns(outcome)
    for table, columns, where in ((obs, own, "obs"), (var, VAR_COLUMNS, "var")):
        missing = [column for column in columns if column not in table.columns]
        if missing:
            raise DeepCMEError(f"The cohort's {where} lacks {', '.join(missing)}.")
    for column, blank in _TEXT_OF_SAMPLES.items():
        obs[column] = as_text(obs[column], "sample", blank)
    for column, blank in _TEXT_OF_GENES.items():
        var[column] = as_text(var[column], "gene", blank)
    check_cohort_names(obs, var, name, words)
    note = _tidy_samples(obs)
    if not len(obs) or not len(var):
        raise DeepCMEError(f"The cohort is empty: {len(obs)} samples, {len(var)} genes.")
    require_own_ids(obs["sample"], "sample")
    require_own_ids(var["gene_id"], "gene")
    return note


def _tidy_samples(obs: pd.DataFrame) -> str | None:
    """One spelling of each id and word; who is of nobody known is a patient of its own."""
    clean_texts(obs)
    if (obs["sample"] == "").any():
        raise DeepCMEError("The sample id is empty: give one.")
    obs["patient"], note = own_where_nobody(obs["patient"].tolist(), obs["sample"].tolist())
    return note


def require_classes(outcome: Outcome) -> None:
    """Refuse samples that are all of one class."""
    if (word := outcome.lacks()) is not None:
        raise DeepCMEError(
            f"All {len(outcome.events)} labelled samples are of one class: "
            f"there is no {word} to learn from."
        )
