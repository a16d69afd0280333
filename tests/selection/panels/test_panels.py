"""The way to a panel: ranked, sized and refitted on what is given, and on nothing else."""

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme import DeepCMEError, GenePanelClassifier, GenePanelSurvival
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.metrics import compute_auc
from deepcme.models.survival.target import make_target
from deepcme.selection import rankers
from deepcme.selection.panels.refits import OF_LABELS, OF_TIMES
from tests.selection.problems import TRUTH, make_problem, make_times

QUICK = {"n_folds": 2, "random_state": 0}


@parametrize_with_checks([GenePanelClassifier(size=2, refit="linear", **QUICK)])
def test_scikit_learn_compatible(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("panel", "make"), [(GenePanelClassifier, make_problem), (GenePanelSurvival, make_times)]
)
def test_the_genes_behind_the_outcome_make_the_panel(panel, make):
    X, y = make(n=200)
    fitted = panel(size=4, n_folds=3, random_state=0).fit(X, y)
    assert set(fitted.genes_) == set(TRUTH)
    assert list(fitted.ranking_[fitted.genes_]) == [1, 2, 3, 4]
    assert fitted.refit_ == "linear"
    assert fitted.stages_.empty
    signs = np.sign(np.ravel(fitted.coef_))[np.argsort(fitted.genes_)]
    assert list(signs) == [1, -1, 1, -1]


@pytest.mark.parametrize(
    ("panel", "make", "loss"),
    [
        (GenePanelClassifier, make_problem, "log_loss"),
        (GenePanelSurvival, make_times, "deviance"),
    ],
)
def test_auto_takes_the_fewest_within_one_standard_error(panel, make, loss):
    X, y = make(n=200)
    fitted = panel(size="auto", refit="linear", n_folds=3, random_state=0).fit(X, y)
    stages = fitted.stages_
    assert list(stages["n_genes"]) == [1, 2, 5, 10, 20]
    best = stages.iloc[stages[loss].argmin()]
    close = stages[stages[loss] <= best[loss] + best[f"{loss}_se"]]
    assert fitted.size_ == len(fitted.genes_) == close["n_genes"].min() == 5


def test_all_takes_the_columns_as_they_are():
    X, y = make_problem()
    X = X[:, :6]
    fitted = GenePanelClassifier(size="all", refit="linear", **QUICK).fit(X, y)
    assert list(fitted.genes_) == [0, 1, 2, 3, 4, 5]


def test_more_genes_than_there_are_is_all_of_them():
    X, y = make_problem()
    assert GenePanelClassifier(size=50, refit="linear", **QUICK).fit(X, y).size_ == 40


def test_networks_are_refitted_where_they_are_clearly_better():
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 2)).astype(np.float32)
    panel = {"size": "all", "n_folds": 3, "random_state": 0}
    fitted = GenePanelClassifier(**panel).fit(X, X[:, 0] * X[:, 1] > 0)
    assert fitted.refit_ == "networks"
    assert compute_auc(X[:, 0] * X[:, 1] > 0, fitted.decision_function(X)) > 0.8
    hazard = np.exp(3 * np.sign(X[:, 0] * X[:, 1]))
    times = make_target(FollowUp(random.exponential(1 / hazard), np.ones(300)))
    fitted = GenePanelSurvival(**panel).fit(X, times)
    assert fitted.refit_ == "networks"
    assert np.corrcoef(fitted.predict(X), np.log(hazard))[0, 1] > 0.6


def test_the_t_test_ranks_as_scipys_does():
    X, y = make_problem(60)
    expected = stats.ttest_ind(X[y == 1], X[y == 0], equal_var=False).statistic
    X = np.c_[X, np.ones(60, np.float32)]  # and a gene that varies in nobody
    found = rankers.compute_welch_statistics(X, y)
    np.testing.assert_allclose(found, [*expected, 0.0], rtol=1e-5)


def test_every_inner_fold_ranks_anew(monkeypatch):
    seen = []
    rank = rankers.RANKERS["binary"]["t-test"]

    def noting(X, y, groups, random):
        seen.append(set(groups))
        return rank(X, y, groups, random)

    monkeypatch.setitem(rankers.RANKERS["binary"], "t-test", noting)
    X, y = make_problem()
    patients = np.repeat(np.arange(60), 2)
    panel = GenePanelClassifier(size=2, refit="linear", random_state=0)
    panel.fit(X, y, groups=patients)
    assert [len(of) for of in seen] == [60, *[48] * 5]
    held_out = [seen[0] - of for of in seen[1:]]
    assert set.union(*held_out) == seen[0]
    assert sum(map(len, held_out)) == 60


@pytest.mark.parametrize(
    ("panel", "make"), [(GenePanelClassifier, make_problem), (GenePanelSurvival, make_times)]
)
def test_what_was_chosen_can_be_given(panel, make):
    X, y = make()
    asked = panel(size=3, n_folds=3, random_state=0)
    fitted = clone(asked).fit(X, y)
    again = clone(asked).set_params(**fitted.choices_).fit(X, y)
    assert list(again.genes_) == list(fitted.genes_)
    np.testing.assert_array_equal(again.coef_, fitted.coef_)


def test_the_seed_decides_all():
    X, y = make_problem()
    first, second = (
        GenePanelClassifier("soft-path", size=3, n_folds=2, random_state=4).fit(X, y)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.decision_function(X), second.decision_function(X))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, 'size must be at least 1, "auto" or "all", not 0'),
        ({"size": "some"}, 'size must be a whole number, "auto" or "all"'),
        ({"ranker": "cox-score"}, "ranker must be one of 'soft-path'"),
        ({"strength": 0.0}, "strength must be above 0"),
        ({"refit": "forest"}, "refit must be one of 'auto', 'linear', 'networks'"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    X, y = make_problem()
    with pytest.raises(DeepCMEError, match=message):
        GenePanelClassifier(**settings).fit(X, y)


@pytest.mark.parametrize("n_genes", [1, 10, 100])
@pytest.mark.parametrize(
    ("refit", "make", "strengths"),
    [(OF_LABELS, make_problem, (1e-3, 0.1, 10.0)), (OF_TIMES, make_times, (0.1,))],
)
def test_quick_coefficients_are_those_of_the_regression(refit, make, strengths, n_genes):
    X, y = make(n_genes=max(n_genes, 30))
    X = X[:, :n_genes]
    for strength in strengths:
        model = refit.fit_regression(X, y, strength)
        quick = refit.fit_coefficients(X, y, strength)
        by_quick = quick[0] + X @ quick[1:]
        np.testing.assert_allclose(by_quick, refit.score(model, X), rtol=0.02, atol=0.02)


def held_out_auc(X, y, panel, genes=slice(None)):
    """AUC of fits that rank on their training part alone."""
    scores = np.empty(len(y))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
        fitted = clone(panel).fit(X[train][:, genes], y[train])
        scores[test] = fitted.decision_function(X[test][:, genes])
        scores[test] -= scores[test].mean()
    return compute_auc(y, scores)


@pytest.mark.parametrize(
    ("cohorts", "margin"), [(12, 0.06), pytest.param(200, 0.03, marks=pytest.mark.slow)]
)
def test_pure_noise_promises_nothing(cohorts, margin):
    """And genes that were chosen with the test part in view would promise much."""
    panel = GenePanelClassifier(size=5, strength=0.01, refit="linear", random_state=0)
    honest, leaking = [], []
    for seed in range(cohorts):
        X, y = make_problem(100, 100, seed, null=True)
        honest.append(held_out_auc(X, y, panel))
        chosen = clone(panel).fit(X, y).genes_
        leaking.append(held_out_auc(X, y, panel, chosen))
    assert abs(np.mean(honest) - 0.5) < margin
    assert np.mean(leaking) > 0.65
