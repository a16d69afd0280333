"""Clinical columns are coded by what the fitted rows say, and never penalised."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from deepcme.models.clinical import ClinicalEncoder, ClinicalRegression, Term

FITTED = pd.DataFrame(
    {
        "age": [40.0, 50.0, np.nan, 90.0],
        "grade": ["low", "high", "low", None],
        "batch": ["a", "a", "a", "a"],
    }
)


def patients(n=200, seed=0):
    random = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "age": random.normal(55, 10, n),
            "stage": random.choice(["I", "II", "III"], n, p=[0.5, 0.3, 0.2]),
        }
    )
    log_odds = 0.08 * (X["age"] - 55) + (X["stage"] == "III") * 1.0 - 0.5
    y = (random.random(n) < 1 / (1 + np.exp(-log_odds))).astype(int)
    return X, y


def test_numbers_take_the_median_and_are_standardised():
    encoder = ClinicalEncoder().fit(FITTED[["age"]])
    encoded = encoder.transform(FITTED[["age"]])[:, 0]
    filled = np.array([40, 50, 50, 90])  # the median of 40, 50 and 90 is 50
    np.testing.assert_allclose(encoded, (filled - 57.5) / filled.std())


def test_words_are_set_against_the_most_frequent_one():
    encoder = ClinicalEncoder().fit(FITTED[["grade"]])
    assert encoder.terms_ == (Term("grade", "high"),)
    new = pd.DataFrame({"grade": ["high", "low", None, "never seen"]})
    assert encoder.transform(new)[:, 0].tolist() == [1, 0, 0, 0]


def test_a_column_with_one_value_in_the_fitted_rows_is_left_out():
    encoder = ClinicalEncoder().fit(FITTED)
    assert encoder.terms_ == (Term("age"), Term("grade", "high"))
    empty = pd.DataFrame({"age": [np.nan, np.nan], "size": [0.1, 0.1]})
    assert ClinicalEncoder().fit(empty).transform(empty).shape == (2, 0)


def test_the_fit_is_that_of_unpenalised_logistic_regression():
    X, y = patients()
    model = ClinicalRegression(random_state=0).fit(X, y)
    encoded = ClinicalEncoder().fit_transform(X)
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(encoded, y)
    np.testing.assert_allclose(model.coef_, reference.coef_, atol=1e-4)
    np.testing.assert_allclose(model.intercept_, reference.intercept_, atol=1e-4)
    assert model.terms_ == (Term("age"), Term("stage", "II"), Term("stage", "III"))
    assert model.separated_columns_ == ()


def test_one_word_against_another_is_the_log_odds_ratio_of_the_table():
    """40 events of 100 with the marker, 10 of 50 without: by hand."""
    X = pd.DataFrame({"marker": ["with"] * 100 + ["without"] * 50})
    y = np.r_[np.ones(40), np.zeros(60), np.ones(10), np.zeros(40)]
    model = ClinicalRegression(random_state=0).fit(X, y)
    assert model.intercept_[0] == pytest.approx(np.log(40 / 60), abs=1e-6)
    assert model.coef_[0, 0] == pytest.approx(np.log(10 / 40) - np.log(40 / 60), abs=1e-6)
    assert model.predict_proba(X)[0, 1] == pytest.approx(0.4, abs=1e-6)


def test_the_units_of_a_column_do_not_matter():
    X, y = patients()
    in_months = X.assign(age=X["age"] * 12)
    one, other = (ClinicalRegression(random_state=0).fit(table, y) for table in (X, in_months))
    np.testing.assert_allclose(
        one.decision_function(X), other.decision_function(in_months), atol=1e-6
    )


def test_a_column_that_repeats_another_changes_nothing():
    X, y = patients()
    twice = X.assign(age_in_months=X["age"] * 12)
    once = ClinicalRegression(random_state=0).fit(X, y)
    model = ClinicalRegression(random_state=0).fit(twice, y)
    assert Term("age_in_months") not in model.terms_
    np.testing.assert_allclose(
        once.decision_function(X), model.decision_function(twice), atol=1e-6
    )


def test_separated_outcomes_are_fitted_finitely_and_the_column_is_named():
    """Firth's fit of a table is the table with a half added to each cell."""
    X = pd.DataFrame({"marker": ["with"] * 30 + ["without"] * 20})
    y = np.r_[np.ones(12), np.zeros(18), np.zeros(20)]
    model = ClinicalRegression(random_state=0).fit(X, y)
    assert model.separated_columns_ == ("marker",)
    with_marker, without = np.log(12.5 / 18.5), np.log(0.5 / 20.5)
    assert model.intercept_[0] == pytest.approx(with_marker, abs=1e-5)
    assert model.coef_[0, 0] == pytest.approx(without - with_marker, abs=1e-5)


def test_only_the_column_that_separates_is_named():
    X, y = patients()
    X["relapsed"] = np.where((y == 1) & (X["age"] > 50), "yes", "no")
    model = ClinicalRegression(random_state=0).fit(X, y)
    assert model.separated_columns_ == ("relapsed",)
    assert np.isfinite(model.decision_function(X)).all()


def test_out_of_fold_logits_never_saw_their_patient():
    X, y = patients(n=60)
    groups = np.arange(60) // 2
    clean = ClinicalRegression(random_state=0).fit(X, y, groups=groups)
    poisoned = X.copy()
    poisoned.loc[[10, 11], "age"] = [1e4, -1e4]
    dirty = ClinicalRegression(random_state=0).fit(poisoned, y, groups=groups)
    same = clean.oof_decision_function_ == dirty.oof_decision_function_
    assert not same[[10, 11]].any()  # their own values score them
    assert same[0::2].tolist() == same[1::2].tolist()  # patients stay together
    assert 6 <= np.count_nonzero(same) <= 12  # the rest of their fold, and no one else


def test_it_is_a_scikit_learn_classifier():
    X, y = patients()
    words = np.array(["no", "yes"])[y]
    model = clone(ClinicalRegression(random_state=3)).fit(X, words)
    assert model.classes_.tolist() == ["no", "yes"]
    assert set(model.predict(X)) == {"no", "yes"}
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    again = clone(model).fit(X, words)
    np.testing.assert_array_equal(model.oof_decision_function_, again.oof_decision_function_)


def test_no_column_that_says_anything_leaves_the_prevalence():
    X = pd.DataFrame({"age": [50.0] * 40})
    y = np.r_[np.ones(10), np.zeros(30)]
    probability = ClinicalRegression(random_state=0).fit(X, y).predict_proba(X)[:, 1]
    np.testing.assert_allclose(probability, 0.25, atol=1e-6)


GAPS = pd.DataFrame(
    {"age": [40.0, np.nan, 60.0, np.nan], "grade": ["low", None, "high", "low"], "size": 1.0}
)


def test_an_indicator_of_missing_values_stands_beside_the_filled_column():
    encoder = ClinicalEncoder("indicator").fit(GAPS.assign(size=[1.0, 2.0, 3.0, 4.0]))
    assert encoder.terms_ == (
        Term("age"),
        Term("age", is_missing=True),
        Term("grade", "high"),
        Term("grade", is_missing=True),
        Term("size"),
    )
    filled = ClinicalEncoder().fit(GAPS)
    encoded = encoder.transform(GAPS.assign(size=2.0))
    np.testing.assert_array_equal(encoded[:, [0, 2]], filled.transform(GAPS))
    assert encoded[:, 1].tolist() == [0, 1, 0, 1]
    assert encoded[:, 3].tolist() == [0, 1, 0, 0]


def test_whether_there_is_an_indicator_is_learned_from_the_fitted_rows():
    encoder = ClinicalEncoder("indicator").fit(GAPS[["age"]].iloc[[0, 2]])
    assert encoder.terms_ == (Term("age"),)
    assert np.isfinite(encoder.transform(GAPS[["age"]])).all()


def test_an_indicator_keeps_what_being_missing_says():
    """Values that are missing in the patients at risk alone."""
    X, y = patients(600)
    X.loc[(y == 1) & (np.arange(600) % 2 == 0), "age"] = np.nan
    X.loc[:9, "age"] = np.nan
    filled, indicated = (
        ClinicalRegression(missing, random_state=0).fit(X, y)
        for missing in ("fill", "indicator")
    )
    aucs = [roc_auc_score(y, model.oof_decision_function_) for model in (filled, indicated)]
    assert aucs[1] > aucs[0] + 0.1
