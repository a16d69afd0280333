"""Gene selectors and the refit as scikit-learn estimators."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme.base.errors import DeepCMEError
from deepcme.selection.panels.networks import PanelClassifier
from deepcme.selection.rankers import ranks_of
from deepcme.selection.selectors import (
    CoxLassoSelector,
    L1LogisticSelector,
    MeanRankSelector,
    SoftPathSelector,
)
from tests.selection.problems import TRUTH, make_problem, make_times

SELECTORS = [SoftPathSelector, L1LogisticSelector, MeanRankSelector]


@parametrize_with_checks(
    [
        SoftPathSelector(dense_epochs=5, stage_epochs=2, random_state=0),
        L1LogisticSelector(random_state=0),
        MeanRankSelector(n_genes=2, random_state=0),
        PanelClassifier(random_state=0),
    ]
)
def test_scikit_learn_compatible(estimator, check):
    check(estimator)


@pytest.mark.parametrize("selector", SELECTORS)
def test_the_genes_behind_the_label_rank_first(selector):
    X, y = make_problem()
    fitted = selector(n_genes=4, random_state=0).fit(X, y)
    assert set(fitted.get_support(indices=True)) == set(TRUTH)
    assert sorted(fitted.ranking_) == list(range(1, 41))
    assert fitted.transform(X).shape == (120, 4)


@pytest.mark.parametrize("selector", [SoftPathSelector, CoxLassoSelector, MeanRankSelector])
def test_the_genes_behind_the_hazard_rank_first(selector):
    X, y = make_times(n=200)
    fitted = selector(n_genes=4, random_state=0).fit(X, y)
    assert set(fitted.get_support(indices=True)) == set(TRUTH)
    assert sorted(fitted.ranking_) == list(range(1, 41))
    assert not hasattr(fitted, "classes_")


def test_the_size_for_times_is_chosen_by_the_partial_likelihood():
    X, y = make_times(n=200)
    fitted = SoftPathSelector(random_state=0).fit(X, y)
    assert 2 <= fitted.n_genes_ <= 10
    stages = fitted.stages_
    assert list(stages.columns) == ["n_genes", "deviance", "deviance_se", "harrell_c"]
    best = stages.iloc[stages["deviance"].argmin()]
    chosen = stages.set_index("n_genes").loc[fitted.n_genes_]
    assert chosen["deviance"] <= best["deviance"] + best["deviance_se"]
    assert best["harrell_c"] > 0.75


def test_units_and_names_of_the_fields_of_times_do_not_matter():
    X, y = make_times()
    others = np.array(
        list(zip(y["event"], 365.25 * y["time"], strict=True)),
        dtype=[("died", bool), ("days", float)],
    )
    ours, theirs = (SoftPathSelector(4, random_state=0).fit(X, of) for of in (y, others))
    np.testing.assert_array_equal(ours.ranking_, theirs.ranking_)


def test_a_lasso_is_for_one_kind_of_target():
    X, y = make_times()
    with pytest.raises(DeepCMEError, match="L1LogisticSelector is for two classes, and y"):
        L1LogisticSelector().fit(X, y)
    with pytest.raises(DeepCMEError, match="CoxLassoSelector is for times to an event, and y"):
        CoxLassoSelector().fit(X, y["event"])


def test_the_size_is_chosen_on_held_out_patients():
    X, y = make_problem(n=200)
    fitted = SoftPathSelector(random_state=0).fit(X, y)
    assert 2 <= fitted.n_genes_ <= 10
    stages = fitted.stages_
    assert list(stages.columns) == ["n_genes", "log_loss", "log_loss_se", "auc"]
    best = stages.iloc[stages["log_loss"].argmin()]
    chosen = stages.set_index("n_genes").loc[fitted.n_genes_]
    assert chosen["log_loss"] <= best["log_loss"] + best["log_loss_se"]
    assert best["auc"] > 0.8


def test_without_a_choice_nobody_is_held_out():
    X, y = make_problem()
    fitted = SoftPathSelector(n_genes=7, random_state=0).fit(X, y)
    assert fitted.get_support().sum() == 7
    assert fitted.stages_["log_loss"].isna().all()
    assert fitted.stages_["n_genes"].iloc[0] == 40


def test_names_come_along():
    X, y = make_problem()
    table = pd.DataFrame(X, columns=[f"gene{i}" for i in range(40)])
    fitted = SoftPathSelector(n_genes=4, random_state=0).fit(table, y)
    assert set(fitted.get_feature_names_out()) == {f"gene{i}" for i in TRUTH}


def test_patients_stay_together():
    """Copies of a patient in two folds would make all genes look useful."""
    X, y = make_problem(n=60, null=True)
    copies = np.repeat(np.arange(60), 4)
    together = SoftPathSelector(random_state=0).fit(X[copies], y[copies], groups=copies)
    apart = SoftPathSelector(random_state=0).fit(X[copies], y[copies])
    assert apart.stages_["auc"].max() > 0.9
    assert together.stages_["auc"].max() < 0.75


def test_a_pipeline_selects_and_refits():
    X, y = make_problem(n=300)
    for refit in (PanelClassifier(random_state=0), LogisticRegression()):
        model = make_pipeline(SoftPathSelector(n_genes=4, random_state=0), refit)
        assert model.fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.75


def test_labels_of_any_kind():
    X, y = make_problem()
    words = np.where(y == 1, "yes", "no")
    by_word = SoftPathSelector(n_genes=4, random_state=0).fit(X, words)
    by_number = SoftPathSelector(n_genes=4, random_state=0).fit(X, y)
    np.testing.assert_array_equal(by_word.ranking_, by_number.ranking_)
    assert set(PanelClassifier(random_state=0).fit(X, words).predict(X)) == {"yes", "no"}


def test_the_mean_of_the_ranks():
    X, y = make_problem()
    fitted = MeanRankSelector(n_genes=4, random_state=0).fit(X, y)
    total = fitted.soft_path_.ranking_ + fitted.l1_logistic_.ranking_
    assert (np.diff(total[np.argsort(fitted.ranking_)]) >= 0).all()
    assert fitted.n_genes_ == 4
    of_times = MeanRankSelector(n_genes=4, random_state=0).fit(*make_times())
    total = of_times.soft_path_.ranking_ + of_times.cox_lasso_.ranking_
    assert (np.diff(total[np.argsort(of_times.ranking_)]) >= 0).all()


def test_ranks_of_an_order():
    assert ranks_of(np.array([2, 0, 1])).tolist() == [2, 3, 1]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"n_genes": 0}, "n_genes must be at least 1"),
        ({"n_folds": 1}, "n_folds must be"),
        ({"kept_share": "all"}, "kept_share must be a finite number, not 'all'"),
        ({"stage_epochs": None}, "stage_epochs must be a whole number, not None"),
        ({"dense_epochs": 1.5}, "dense_epochs must be a whole number, not 1.5"),
        ({"width": "x"}, "width must be a whole number, not 'x'"),
        ({"random_state": "x"}, "random_state must be a whole number from 0"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, sentence):
    X, y = make_problem()
    with pytest.raises(DeepCMEError, match=sentence):
        SoftPathSelector(**parameters).fit(X, y)


@pytest.mark.parametrize("parameters", [{"n_epochs": None}, {"random_state": -1}])
def test_parameters_of_a_refit_out_of_range_are_refused(parameters):
    X, y = make_problem()
    with pytest.raises(DeepCMEError, match=f"{next(iter(parameters))} must be"):
        PanelClassifier(**parameters).fit(X, y)


def test_too_few_patients_of_a_class_are_named():
    X, _ = make_problem()
    y = np.r_[np.ones(2), np.zeros(118)]
    one_patient = np.r_[0, 0, np.arange(2, 120)]
    with pytest.raises(DeepCMEError, match="1 are positive and 118 negative"):
        SoftPathSelector().fit(X, y, groups=one_patient)
    assert SoftPathSelector(random_state=0).fit(X, y).n_genes_ >= 1
