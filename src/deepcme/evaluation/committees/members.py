"""The members of a committee beside it, in a table as predictions of models are."""

from __future__ import annotations

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.predictions import (
    LEFT_OUT,
    compute_by_cohort,
    compute_rank_shares,
    select_model,
)


def join_members(
    predictions: pd.DataFrame, members: pd.DataFrame, committee: str
) -> pd.DataFrame:
    """A committee's predictions, then those of each of its members as of a model.

    Members are fitted on the rows of the committee, so that theirs are its rows with
    their own scores on the test part. One that bears the committee's name is told apart.

    Parameters
    ----------
    predictions : DataFrame
        The study's.
    members : DataFrame
        Columns `split, model, member, sample, part, score`; `model` is the committee.
    committee : str

    Raises
    ------
    DeepCMEError
        If there is no such committee, or a member lacks a score of a test row.
    """
    own = select_model(predictions, committee).drop(columns="probability", errors="ignore")
    test = select_model(members, committee).query("part == 'test'")
    is_test = (own["part"] == "test").to_numpy()
    keys = pd.MultiIndex.from_frame(own.loc[is_test, ["split", "sample"]])
    tables = [own]
    for member in test["member"].drop_duplicates().astype(str):
        rows = test[test["member"] == member]
        score = rows.set_index(["split", "sample"])["score"].reindex(keys)
        if score.isna().any():
            raise DeepCMEError(
                f"The member {member!r} of {committee!r} has no score of "
                f"{int(score.isna().sum())} test rows."
            )
        name = f"{member} (member)" if member == committee else member
        of_member = own.assign(model=name)
        of_member.loc[is_test, "score"] = score.to_numpy()
        tables.append(of_member)
    return pd.concat(tables, ignore_index=True)


def name_members(rows: pd.DataFrame, committee: str) -> list[str]:
    """The members in a table that `join_members` gave, in its order."""
    names: list[str] = rows["model"].drop_duplicates().tolist()
    return [name for name in names if name != committee]


def compute_member_correlations(rows: pd.DataFrame, committee: str) -> pd.DataFrame:
    """How alike two members rank test patients: Spearman's correlation within test parts.

    It is the mean over the splits in which both tell patients apart. In a table with strata
    ranks are those within the stratum.

    Parameters
    ----------
    rows : DataFrame
        As `join_members` gives them.
    committee : str

    Returns
    -------
    DataFrame
        One row for each ordered pair: `model, other, correlation, n_splits`; and `left_out`
        first.
    """
    test = rows[(rows["part"] == "test") & (rows["model"] != committee)]
    by_model = test.groupby("model", sort=False, observed=True)
    shares = pd.concat([compute_rank_shares(of_model) for _, of_model in by_model])
    return compute_by_cohort(test.assign(share=shares), _correlate)


def _correlate(test: pd.DataFrame) -> pd.DataFrame:
    names = test["model"].drop_duplicates()
    wide = test.pivot(index=["split", "sample"], columns="model", values="share")[names]
    of_split = wide.groupby("split").corr().reset_index()
    pairs = of_split.melt(["split", "model"], var_name="other", value_name="correlation")
    pairs = pairs[pairs["model"] != pairs["other"]].dropna(subset=["correlation"])
    found = pairs.groupby(["model", "other"], as_index=False, sort=False, observed=True).agg(
        correlation=("correlation", "mean"), n_splits=("split", "nunique")
    )
    return found[["model", "other", "correlation", "n_splits"]]


def tabulate_gain(
    values: pd.DataFrame, differences: pd.DataFrame, correlations: pd.DataFrame, committee: str
) -> pd.DataFrame:
    """What `compute_committee_gain` returns, of its parts, each with `left_out` or without.

    Parameters
    ----------
    values : DataFrame
        Columns `model, value, ci_low, ci_high, n, events, n_splits`.
    differences : DataFrame
        Columns `model, difference, difference_low, difference_high, interval`.
    correlations : DataFrame
        As `compute_member_correlations` gives them.
    committee : str
    """
    keys = [name for name in values.columns if name in (LEFT_OUT, "model")]
    alike = correlations.groupby(keys, sort=False, observed=True)["correlation"].mean()
    table = values.merge(differences, "left", keys).merge(alike.reset_index(), "left", keys)
    of_members = table.loc[table["model"] != committee, "value"].dropna()
    where = table[LEFT_OUT] if LEFT_OUT in table else pd.Series("", index=table.index)
    best = of_members.groupby(where, observed=True).idxmax()
    table.insert(len(keys), "best", table.index.isin(best))
    table.insert(0, "committee", committee)
    return table
