"""What one set of predictors adds to another: the model of both against each alone."""

from __future__ import annotations

import pandas as pd

from deepcme.evaluation.comparison import compute_comparison
from deepcme.evaluation.predictions import select_model


def compute_added_value(
    predictions: pd.DataFrame,
    clinical: str,
    genes: str,
    both: str,
) -> pd.DataFrame:
    """Test AUC of the model of both minus that of each alone, over splits.

    The first row is the question that matters: what the genes add to the
    clinical columns. Both rows come from `compute_comparison`; all three models are fitted
    on training and validation part together.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`, with
        training, validation and test rows.
    clinical, genes, both : str
        Names of the three models.

    Returns
    -------
    DataFrame
        Rows for `clinical` and `genes`: `added, model, baseline, difference,
        ci_low, ci_high, p_value, p_holm, ..., n, events, n_patients, n_splits`.

    Raises
    ------
    DeepCMEError
        If a model has no test row, or two models share fewer than two splits.
    """
    models = [clinical, genes, both]
    table = compute_comparison(predictions, both, models[:2], refitted=models)
    table = table.drop(columns="comparator")
    table.insert(0, "added", ["genes to clinical columns", "clinical columns to genes"])
    return table


def compute_events_per_parameter(
    predictions: pd.DataFrame, model: str, n_parameters: int
) -> float:
    """Patients of the rarer class that a regression is fitted on, for each coefficient.

    Parameters
    ----------
    predictions : DataFrame
        As in `compute_added_value`; the model is fitted on training and validation rows.
        A patient is positive if any of its rows is, and counts once.
    model : str
    n_parameters : int
        Coefficients without the intercept.

    Returns
    -------
    float
        Mean over splits; below 10 coefficients are customarily called
        unreliable [1]_.

    References
    ----------
    .. [1] Peduzzi P et al. (1996). A simulation study of the number of events per
       variable in logistic regression analysis. J Clin Epidemiol 49:1373-1379.
    """
    rows = select_model(predictions, model)
    fitted = rows.loc[rows["part"] != "test"]
    of_patients = fitted.groupby(["split", "patient"], observed=True)["label"].max()
    labels = of_patients.groupby("split", observed=True)
    events = labels.sum()
    rarer = pd.concat([events, labels.size() - events], axis=1).min(axis=1)
    return float(rarer.mean() / n_parameters)
