"""What genes add to clinical columns: the model of both against each alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepcme.evaluation.comparison import (
    compute_comparison,
    compute_corrected_t_test,
    compute_holm_correction,
)
from deepcme.evaluation.metrics import compute_log_losses
from deepcme.evaluation.nulls import FEWEST_PERMUTATIONS, compute_permutation_test
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.evaluation.predictions import (
    as_labels_and_probabilities,
    select_model,
    select_part,
)
from deepcme.evaluation.probabilities.utility import treat


def compute_added_value(
    predictions: pd.DataFrame, clinical: str, both: str, thresholds: Sequence[float]
) -> pd.DataFrame:
    """What the genes add to the clinical columns, on the same test rows.

    In each split the test rows of the two models are set against each other; the mean over
    the splits has Nadeau and Bengio's corrected interval, which holds for models that are
    refitted in every split (`compute_corrected_t_test`). Above 0 the genes add.

    The log loss and the net benefit look at the probabilities themselves; a difference in
    AUC looks at ranks alone and is the least sensitive of the three [1]_ [2]_.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score, probability`, with
        training, validation and test rows.
    clinical, both : str
        Names of the two models; both are fitted on training and validation part together.
    thresholds : sequence of float
        Risks at which one would act.

    Returns
    -------
    DataFrame
        Rows for the log loss (of clinical minus of both, mean over the samples), the net
        benefit at each threshold and the AUC (both of both minus of clinical): `measure,
        threshold, clinical, both, difference, ci_low, ci_high, n, events, n_patients,
        n_splits`. Without an interval (NaN) where the difference is the same in every split,
        as where both models would treat everyone.

    Raises
    ------
    DeepCMEError
        If a model has no test row, or the two share fewer than two splits.

    References
    ----------
    .. [1] Pepe MS, Kerr KF, Longton G, Wang Z (2013). Testing for improvement in
       prediction model performance. Statistics in Medicine 32:1467-1482.
    .. [2] Vickers AJ, Cronin AM, Begg CB (2011). One statistical test is sufficient for
       assessing new predictive markers. BMC Medical Research Methodology 11:13.
    """
    auc = compute_comparison(predictions, both, [clinical], refitted=[clinical, both]).iloc[0]
    test = select_part(predictions, "test")
    of_clinical, of_both = (
        _measure_splits(select_model(test, model), thresholds) for model in (clinical, both)
    )
    ratio = float(auc["test_to_train_ratio"])
    rows = []
    for (measure, threshold), before in of_clinical.items():
        after = of_both[measure, threshold]
        differences = (before - after if measure == "log_loss" else after - before).dropna()
        rows.append(
            {
                "measure": measure,
                "threshold": threshold,
                "clinical": before.mean(),
                "both": after.mean(),
                **_mean_with_interval(differences, ratio),
            }
        )
    counts = ["n", "events", "n_patients", "n_splits"]
    return pd.DataFrame(rows).assign(**auc[counts])


def _mean_with_interval(differences: pd.Series[float], ratio: float) -> dict[str, float]:
    test = compute_corrected_t_test(differences, ratio)
    no_width = test.ci_low == test.ci_high
    ends = (np.nan, np.nan) if no_width else (test.ci_low, test.ci_high)
    return {"difference": test.difference, "ci_low": ends[0], "ci_high": ends[1]}


def _measure_splits(
    test: pd.DataFrame, thresholds: Sequence[float]
) -> dict[tuple[str, float | None], pd.Series[float]]:
    """Log loss, net benefit and AUC of one model in each split."""
    label, probability = as_labels_and_probabilities(test["label"], test["probability"])
    losses = compute_log_losses(label.astype(np.float64), probability)
    treated, worth = treat(test, np.asarray(thresholds, dtype=np.float64))
    of_rows = np.column_stack([losses, np.where(treated, worth, 0.0)])
    means = pd.DataFrame(of_rows).groupby(test["split"].to_numpy()).mean()
    return {
        ("log_loss", None): means[0],
        **{("net_benefit", at): means[i] for i, at in enumerate(thresholds, start=1)},
        ("auc", None): compute_metrics(test).set_index("split")["value"],
    }


def compute_auc_differences(
    predictions: pd.DataFrame, clinical: str, genes: str, both: str
) -> pd.DataFrame:
    """Test AUC of clinical columns, genes and both against each other, over splits.

    The rows come from `compute_comparison`; all three models are fitted on training and
    validation part together. Ranks need no calibrated probability, which a gene model by
    itself may not have.

    Parameters
    ----------
    predictions : DataFrame
        As in `compute_added_value`.
    clinical, genes, both : str
        Names of the three models.

    Returns
    -------
    DataFrame
        `asked, model, baseline, difference, ci_low, ci_high, p_value, p_holm, ..., n,
        events, n_patients, n_splits`: both minus clinical, both minus genes, genes minus
        clinical. `p_holm` is corrected over the three.

    Raises
    ------
    DeepCMEError
        As in `compute_added_value`.
    """
    refitted = [clinical, genes, both]
    table = pd.concat(
        [
            compute_comparison(predictions, both, [clinical, genes], refitted=refitted),
            compute_comparison(predictions, genes, [clinical], refitted=refitted),
        ],
        ignore_index=True,
    ).drop(columns="comparator")
    table["p_holm"] = compute_holm_correction(table["p_value"])
    asked = ["genes added to clinical", "clinical added to genes", "genes instead of clinical"]
    table.insert(0, "asked", asked)
    return table


def compute_score_test(tests: pd.DataFrame) -> pd.DataFrame:
    """What the pre-validated gene score adds to the clinical columns, by permutation.

    Larger is the signed root of the likelihood ratio, so that a score that points the wrong
    way adds nothing. Where the genes only follow the columns the test kept its level in
    simulated studies (5 of 100), and the likelihood ratio itself did not (12 of 100).

    Parameters
    ----------
    tests : DataFrame
        `number, statistic, coefficient, signed_root, n, events`: as observed (0), and of
        reruns with the patients' expression permuted.

    Returns
    -------
    DataFrame
        One row: `statistic, coefficient, p_value, ci_low, ci_high, n_permutations, n_as_good,
        n, events`. The interval is that of the Monte-Carlo error. There is no p-value (NaN)
        of fewer permutations than can reject, nor one by the chi-squared distribution, which
        the statistic does not have [1]_.

    References
    ----------
    .. [1] Hofling H, Tibshirani R (2008). A study of pre-validation. Annals of Applied
       Statistics 2:643-664.
    """
    observed, permuted = tests[tests["number"] == 0].iloc[0], tests[tests["number"] > 0]
    null = permuted["signed_root"].to_numpy()
    row = {
        **observed[["statistic", "coefficient"]],
        **dict.fromkeys(("p_value", "ci_low", "ci_high"), np.nan),
        "n_permutations": len(null),
        "n_as_good": int((null >= observed["signed_root"]).sum()),
        **observed[["n", "events"]].astype(int),
    }
    if len(null) >= FEWEST_PERMUTATIONS:
        test = compute_permutation_test(float(observed["signed_root"]), null)
        row |= {"p_value": test.p_value, "ci_low": test.ci_low, "ci_high": test.ci_high}
    return pd.DataFrame([row])


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
