"""Whether levels of a column differ: Welch's test by an independent implementation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logit

from deepcme import DeepCMEError
from deepcme.evaluation.groups.between_levels import (
    compute_heterogeneity,
    compute_interactions,
    in_order,
)
from deepcme.evaluation.groups.meta_analysis import pool_random_effects


def samples(random, sizes=(8, 15, 40)):
    return [random.normal(i / 3, 1 + i, size) for i, size in enumerate(sizes)]


def heterogeneity_of(groups):
    errors = [group.std(ddof=1) / np.sqrt(len(group)) for group in groups]
    return compute_heterogeneity(
        [group.mean() for group in groups], errors, [len(group) - 1 for group in groups]
    )


def test_of_means_it_is_welchs_test(random):
    groups = samples(random)
    found, by_scipy = heterogeneity_of(groups), stats.f_oneway(*groups, equal_var=False)
    assert found.statistic == pytest.approx(by_scipy.statistic)
    assert found.p_value == pytest.approx(by_scipy.pvalue)


def test_of_two_it_is_welchs_t_squared(random):
    groups = samples(random, (8, 30))
    found, t = heterogeneity_of(groups), stats.ttest_ind(*groups, equal_var=False)
    assert found.statistic == pytest.approx(t.statistic**2)
    assert found.freedom_within == pytest.approx(t.df)
    assert found.p_value == pytest.approx(t.pvalue)


def test_of_known_errors_it_is_cochrans_q():
    """The cohorts whose Q R's metafor gives as 20.871763."""
    values, errors = logit([0.75, 0.60, 0.82, 0.55, 0.70]), [0.20, 0.25, 0.30, 0.18, 0.22]
    found = compute_heterogeneity(values, errors, [np.inf] * 5)
    assert found.statistic * 4 == pytest.approx(pool_random_effects(values, errors).q)
    assert found.statistic * 4 == pytest.approx(20.871763, abs=1e-6)
    assert found.p_value == pytest.approx(stats.chi2.sf(20.871763, 4), rel=1e-5)


def test_one_estimate_has_no_heterogeneity():
    with pytest.raises(DeepCMEError, match="two estimates or more"):
        compute_heterogeneity([1.0], [0.1], [9])


def test_it_rejects_as_often_as_it_says_with_few_degrees_of_freedom(random):
    rejected = [
        heterogeneity_of([random.normal(size=n) * s for n, s in ((10, 1), (14, 3), (30, 2))])
        for _ in range(1500)
    ]
    share = np.mean([test.p_value <= 0.05 for test in rejected])
    assert 0.035 <= share <= 0.065


def levels_of(column, aucs, freedom=20):
    return pd.DataFrame(
        {
            "model": "network",
            "column": column,
            "auc": aucs,
            "auc_error": np.where(np.isnan(aucs), np.nan, 0.3),
            "auc_freedom": freedom,
        }
    )


def test_a_column_has_one_test_of_its_levels_that_have_an_estimate():
    table = pd.concat([levels_of("er", [0.6, 0.9, np.nan]), levels_of("grade", [0.7, 0.71])])
    found = compute_interactions(table, {"auc": logit})
    assert found["levels"].tolist() == [2, 2]
    t = (logit(0.9) - logit(0.6)) / np.hypot(0.3, 0.3)
    p_value = 2 * stats.t.sf(t, 40)
    assert found["p_value"].iloc[0] == pytest.approx(p_value)
    assert found["p_holm"].iloc[0] == pytest.approx(2 * p_value)
    assert found["p_holm"].iloc[1] == found["p_value"].iloc[1]


def test_one_level_is_compared_with_none():
    found = compute_interactions(levels_of("er", [0.6, np.nan]), {"auc": logit})
    assert found.empty and "p_holm" in found


def test_levels_are_in_the_order_of_their_numbers_and_grades():
    assert in_order(["50 or more", "below 50"]) == ["below 50", "50 or more"]
    assert in_order(["10", "9", "-1"]) == ["-1", "9", "10"]
    grades = ["intermediate", "not graded", "poorly differentiated", "well differentiated"]
    assert in_order(grades) == [grades[3], grades[0], grades[2], grades[1]]
