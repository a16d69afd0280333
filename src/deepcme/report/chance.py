"""Whether a model is shown to do better than chance: the gate before every claim of a gain.

A report asks many questions: is the model better than another, useful, do the genes add to
the clinic? Without any signal each of them errs now and then. Testing in a fixed order
(Maurer, Hothorn and Lehmacher 1995) keeps the whole report at the level of the first test:
only a model that exceeds chance is called better, useful or anything else.

Where outcomes were permuted often enough to reject, that test alone decides; its interval is
no second chance. Permutations of which more are asked for than are finished decide nothing.
Otherwise the 95% interval of the AUC does, or of times that of Uno's C.
Where cohorts were left out, that is the interval pooled over them, or else each of theirs:
without signal the one lies above 0.5 in 2.5 of 100 studies, and both of two cohorts in less
than 0.1.
"""

from __future__ import annotations

import pandas as pd

from deepcme.base.errors import AbsentError
from deepcme.evaluation.measures import AUC, Measure
from deepcme.evaluation.nulls import (
    FEWEST_PERMUTATIONS,
    LEVEL,
    PERMUTED_LABELS,
    compute_permutation_table,
)
from deepcme.evaluation.survival.measured import TimeMeasure
from deepcme.evaluation.survival.tables.nulls import (
    PERMUTED_OUTCOMES,
    compute_null_statistics,
    compute_survival_permutation_table,
)
from deepcme.report.section import Contents
from deepcme.study.parts.nulls import NULL_RUNS


def exceeds_chance(contents: Contents, model: str | None = None) -> bool:
    """Whether a model's discrimination is shown to be above chance.

    The order of the sections does not matter, once discrimination and meta-analysis are
    computed.

    Parameters
    ----------
    contents : Contents
        With the table of discrimination.
    model : str, optional
        By default the headline, of which alone there are permutations.
    """
    results, name = contents.results, model or contents.headline
    permutation = compute_permutation(contents) if name == contents.headline else None
    return is_above_chance(
        select_ranks(contents, name),
        permutation,
        contents.tables.get("meta_analysis"),
        results.ranked_by.name,
    )


def select_ranks(
    contents: Contents, model: str, measure: Measure | TimeMeasure | None = None
) -> pd.DataFrame:
    """Rows of how a model ranks patients, one or one for each cohort left out.

    Parameters
    ----------
    contents : Contents
        With the table of discrimination.
    model : str
    measure : TimeMeasure, optional
        Of times; by default that which comes first.
    """
    results = contents.results
    if not results.is_survival:
        table = contents.tables["discrimination"]
        return table[table["model"] == model]
    table = contents.tables["survival_discrimination"]
    name = (measure or results.ranked_by).name
    return table[(table["model"] == model) & (table["measure"] == name)]


def is_above_chance(
    rows: pd.DataFrame,
    permutation: pd.DataFrame | None,
    pooled: pd.DataFrame | None = None,
    measure: str = AUC.name,
) -> bool:
    """Whether the permutation test, or without one each interval, excludes chance.

    Parameters
    ----------
    rows : DataFrame
        The model's, as `select_ranks` gives them; a row for each cohort left out.
    permutation : DataFrame or None
        As `compute_permutation_table` gives it; its first row decides.
    pooled : DataFrame or None
        As `compute_meta_analysis` gives it, of any models; None where cohorts are not pooled.
    measure : str
        Which of its measures the rows are of.
    """
    if permutation is not None and can_reject(permutation):
        return bool(permutation["p_value"].iloc[0] <= LEVEL)
    if rows.empty:
        return False
    intervals = rows["ci_low"] > 0.5
    if pooled is None:
        return bool(intervals.all())
    of_model = (pooled["model"] == rows["model"].iloc[0]) & (pooled["measure"] == measure)
    return bool(intervals.all() or (pooled.loc[of_model, "ci_low"] > 0.5).any())


def can_reject(permutation: pd.DataFrame) -> bool:
    """Whether all permutations are there, and so many that their p can be small enough."""
    row = permutation.iloc[0]
    return bool(row["n_permutations"] >= FEWEST_PERMUTATIONS) and not is_unfinished(permutation)


def is_unfinished(permutation: pd.DataFrame) -> bool:
    """Whether the study asks for more permutations than are finished."""
    row = permutation.iloc[0]
    return bool(row["n_permutations"] < row.get("n_asked", 0))


def describe_unfinished(permutation: pd.DataFrame) -> str:
    """How many permutations there are so far, of how many, and their p."""
    row = permutation.iloc[0]
    so_far = f"{row['n_permutations']:,.0f} of {row['n_asked']:,.0f} permutations so far"
    enough = row["n_permutations"] >= FEWEST_PERMUTATIONS
    return f"{so_far}: p = {row['p_value']:.3f}" if enough else so_far


def compute_permutation(contents: Contents) -> pd.DataFrame | None:
    """The permutation test of how the headline ranks patients; None where there is none."""
    try:
        return require_permutation(contents)
    except AbsentError:
        return None


def require_permutation(contents: Contents) -> pd.DataFrame:
    """The permutation test of the headline's mean AUC; of times, of its C and its risk groups.

    Raises
    ------
    AbsentError
        If it was not run, or cannot be made of its runs.
    """
    folder, results = contents.results.folder, contents.results
    runs = folder.read_table(NULL_RUNS) if folder.has_table(NULL_RUNS) else pd.DataFrame()
    if runs.empty or not runs["kind"].isin((PERMUTED_LABELS, PERMUTED_OUTCOMES)).any():
        raise AbsentError("No outcomes were permuted.")
    if results.is_survival:
        observed = compute_null_statistics(results.evaluation, contents.headline)
        table = compute_survival_permutation_table(runs, observed)
    else:
        ranks = select_ranks(contents, contents.headline)
        table = compute_permutation_table(runs, float(ranks["auc"].mean()))
    return table.assign(n_asked=results.study.nulls.permutations)
