"""Which model is better, by how much, and how sure that is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.evaluation.intervals import CONFIDENCE_LEVEL, compute_two_sided_p_value
from deepcme.evaluation.over_splits import compute_metrics
from deepcme.evaluation.predictions import (
    LEFT_OUT,
    FloatArray,
    check_predictions,
    count_rows,
    select_model,
    select_part,
)

DEFAULT_MARGIN = 0.02
"""AUC difference below which two models are called practically equivalent."""

REFITTED_FACTOR = 1.7
"""Times test over training samples, for models that the validation part trains as well."""


@dataclass(frozen=True)
class CorrectedTTest:
    """Mean difference over splits, with its 95% interval and two-sided p-value."""

    difference: float
    ci_low: float
    ci_high: float
    p_value: float


@dataclass(frozen=True)
class PracticalEquivalence:
    """Posterior probabilities of worse, equivalent and better; they sum to 1."""

    probability_worse: float
    probability_equivalent: float
    probability_better: float


def compute_corrected_t_test(
    differences: ArrayLike, test_to_train_ratio: float
) -> CorrectedTTest:
    """Nadeau and Bengio's corrected resampled t-test [1]_.

    Splits of the same patients overlap, so their differences are not
    independent and the plain paired t-test finds far too much. The correction
    adds the ratio of test to training size to the 1/J of the variance of the
    mean of J differences.

    Parameters
    ----------
    differences : array
        One difference for each split; at least two.
    test_to_train_ratio : float
        Test samples over training samples of a split, above 0; 1/3 for 60/20/20.

    Returns
    -------
    CorrectedTTest
        From Student's t with J - 1 degrees of freedom. If all differences are
        the same, the interval has no width and p is 1 if they are 0, else 0.

    Raises
    ------
    DeepCMEError
        If there are fewer than two differences, one is not finite, or the
        ratio is not positive.

    References
    ----------
    .. [1] Nadeau C, Bengio Y (2003). Inference for the generalization error.
       Machine Learning 52:239-281.
    """
    difference, scale, degrees_of_freedom = _corrected_scale(differences, test_to_train_ratio)
    half_width = stats.t.ppf((1 + CONFIDENCE_LEVEL) / 2, degrees_of_freedom) * scale
    return CorrectedTTest(
        difference,
        float(difference - half_width),
        float(difference + half_width),
        compute_two_sided_p_value(difference, scale, degrees_of_freedom),
    )


def compute_practical_equivalence(
    differences: ArrayLike, test_to_train_ratio: float, margin: float = DEFAULT_MARGIN
) -> PracticalEquivalence:
    """Probability that a difference lies below, inside or above the region of equivalence.

    The Bayesian correlated t-test [1]_: with a flat prior the posterior of the
    mean difference is Student's t with the corrected variance.

    Parameters
    ----------
    differences : array
        One difference for each split; at least two.
    test_to_train_ratio : float
        As in `compute_corrected_t_test`.
    margin : float
        Half the width of the region, at least 0.

    Returns
    -------
    PracticalEquivalence

    Raises
    ------
    DeepCMEError
        As in `compute_corrected_t_test`, and if the margin is negative.

    References
    ----------
    .. [1] Benavoli A, Corani G, Demsar J, Zaffalon M (2017). Time for a change: a
       tutorial for comparing multiple classifiers through Bayesian analysis.
       Journal of Machine Learning Research 18(77):1-36.
    """
    if margin < 0:
        raise DeepCMEError(f"The margin of equivalence must not be negative, but is {margin}.")
    difference, scale, degrees_of_freedom = _corrected_scale(differences, test_to_train_ratio)
    if scale == 0:
        worse, better = float(difference < -margin), float(difference > margin)
    else:
        posterior = stats.t(degrees_of_freedom, loc=difference, scale=scale)
        worse, better = float(posterior.cdf(-margin)), float(posterior.sf(margin))
    return PracticalEquivalence(worse, 1 - worse - better, better)


def _corrected_scale(
    differences: ArrayLike, test_to_train_ratio: float
) -> tuple[float, float, int]:
    """Mean, corrected standard error and degrees of freedom of differences over splits."""
    values = np.asarray(differences, dtype=np.float64)
    if values.size < 2 or not np.isfinite(values).all():
        raise AbsentError("The corrected t-test needs at least two splits, all with a value.")
    if not test_to_train_ratio > 0:
        raise DeepCMEError(
            f"The ratio of test to training size must be above 0, but is {test_to_train_ratio}."
        )
    variance = 0.0 if np.ptp(values) == 0 else float(values.var(ddof=1))
    scale = float(np.sqrt((1 / values.size + test_to_train_ratio) * variance))
    return float(values.mean()), scale, values.size - 1


def compute_holm_correction(p_values: ArrayLike) -> FloatArray:
    """P-values corrected by Holm's step-down method [1]_, in the order given.

    Parameters
    ----------
    p_values : array, 0 to 1

    Returns
    -------
    array
        At most 1; rejecting where it is at most alpha keeps the chance of any
        false rejection at alpha.

    Raises
    ------
    DeepCMEError
        If a p-value is outside 0 to 1.

    References
    ----------
    .. [1] Holm S (1979). A simple sequentially rejective multiple test procedure.
       Scandinavian Journal of Statistics 6:65-70.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise DeepCMEError("P-values must lie between 0 and 1.")
    ascending = np.argsort(p)
    stepped = np.maximum.accumulate(p[ascending] * np.arange(p.size, 0, -1))
    corrected = np.empty_like(p)
    corrected[ascending] = np.minimum(stepped, 1)
    return corrected


def compute_test_to_train_ratio(
    predictions: pd.DataFrame, refitted: Collection[str] = ()
) -> float:
    """Mean over splits of the number of test samples over that of training samples.

    Of models of different ratio the largest counts, which is the safer one. Models that
    are fitted on the training part alone have the ratio of Nadeau and Bengio [1]_, under
    which two equal models are told apart as often as promised. `refitted` ones learn from
    the validation part as well, and so share more of their training samples from split to
    split: their differences go together more, not less as the formula has it. Their
    ratio is multiplied by `REFITTED_FACTOR`, which simulated studies of equal models ask for
    (docs/explanations/validation-of-the-statistics.md).

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`.
    refitted : collection of str
        Models that are fitted on training and validation part together.

    Raises
    ------
    DeepCMEError
        If there is no training or no test row.

    References
    ----------
    .. [1] Nadeau C, Bengio Y (2003). Inference for the generalization error.
       Machine Learning 52:239-281.
    """
    check_predictions(predictions)
    fitted = select_part(predictions, "train")
    n_test = _count_samples(select_part(predictions, "test"))
    ratio = (n_test / _count_samples(fitted)).groupby("model", observed=True).mean()
    again = predictions["model"].isin(refitted) & (predictions["part"] != "test")
    if again.any():
        n_fitted = _count_samples(predictions[again])
        of_refitted = (n_test / n_fitted).groupby("model", observed=True).mean().dropna()
        ratio[of_refitted.index] = of_refitted * REFITTED_FACTOR
    return float(ratio.max())


def _count_samples(rows: pd.DataFrame) -> pd.Series[int]:
    """Number of samples by model and split; one of two parts counts once."""
    counts: pd.Series[int] = rows.groupby(["model", "split"], observed=True)["sample"].nunique()
    return counts


def compute_comparison(
    predictions: pd.DataFrame,
    model: str,
    baselines: Sequence[str],
    margin: float = DEFAULT_MARGIN,
    *,
    comparator: str | None = None,
    refitted: Collection[str] = (),
) -> pd.DataFrame:
    """Test AUC of one model minus that of each baseline, over splits.

    Parameters
    ----------
    predictions : DataFrame
        Columns `split, model, sample, patient, part, label, score`, with
        training, validation and test rows.
    model : str
    baselines : sequence of str
    margin : float
        Half the width of the region of practical equivalence.
    comparator : str, optional
        The baseline that was named before anything was fitted: its comparison alone may
        be read without a correction for the others.
    refitted : collection of str
        As in `compute_test_to_train_ratio`.

    Returns
    -------
    DataFrame
        One row for each baseline: `model, baseline, comparator, difference,
        ci_low, ci_high, p_value, p_holm, probability_worse,
        probability_equivalent, probability_better, margin,
        test_to_train_ratio, n, events, n_patients, n_splits`. The differences are of the
        splits that both models have; `p_holm` is corrected over all baselines. Intervals end
        at -1 and 1, as differences of AUCs do.

    Raises
    ------
    DeepCMEError
        If there is no baseline, a model has no test row, two models share fewer than two
        splits, or every test part is a cohort of its own.
    """
    if LEFT_OUT in predictions.columns:
        raise AbsentError(
            "The corrected t-test takes test parts of one population; here each is another "
            "cohort's, so no test compares the models: see their AUCs in each cohort."
        )
    if not baselines:
        raise AbsentError("There is no other model to compare with.")
    test = select_part(predictions, "test")
    auc = compute_metrics(test)
    of_model = select_model(auc, model).set_index("split")["value"]
    counts = count_rows(select_model(test, model))
    rows = []
    for baseline in baselines:
        of_baseline = select_model(auc, baseline).set_index("split")["value"]
        differences = (of_model - of_baseline).dropna()
        ratio = compute_test_to_train_ratio(
            predictions[predictions["model"].isin([model, baseline])], refitted
        )
        rows.append(
            {
                "model": model,
                "baseline": baseline,
                "comparator": baseline == comparator,
                **asdict(compute_corrected_t_test(differences, ratio)),
                **asdict(compute_practical_equivalence(differences, ratio, margin)),
                "margin": margin,
                "test_to_train_ratio": ratio,
                **counts,
                "n_splits": len(differences),
            }
        )
    table = pd.DataFrame(rows)
    ends = ["ci_low", "ci_high"]
    table[ends] = table[ends].clip(-1, 1)
    p_holm = compute_holm_correction(table["p_value"])
    table.insert(list(table.columns).index("p_value") + 1, "p_holm", p_holm)
    return table
