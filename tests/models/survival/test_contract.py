"""Cox models as scikit-learn knows estimators."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.cohort.follow_up import FollowUp
from deepcme.models.committee.survival import DeepCMESurvivalCommittee
from deepcme.models.survival.cox_lasso import CoxElasticNet
from deepcme.models.survival.cox_regression import CoxRegression
from deepcme.models.survival.cox_ridge import CoxRidge, CoxTopGenes
from deepcme.models.survival.ensemble import DeepCMESurvivalEnsemble
from deepcme.models.survival.network import DeepCMESurvival
from deepcme.models.survival.target import make_target
from deepcme.selection.panels.networks import PanelHazards
from deepcme.selection.panels.panels import GenePanelSurvival
from tests.models.survival.patients import FOLLOW_UP, X, Y


class _Checked:
    """Takes the targets of scikit-learn's checks, which know no survival, as times."""

    def fit(self, X, y=None, **given):
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        y = np.asarray(y)
        if y.dtype.kind in "fiu" and y.ndim == 1 and np.isfinite(y).all():
            times = y - y.min(initial=0)
            y = make_target(FollowUp(times, np.ones(len(times))))
        return super().fit(X, y, **given)


class CheckedRegression(_Checked, CoxRegression):
    pass


class CheckedRidge(_Checked, CoxRidge):
    pass


class CheckedTopGenes(_Checked, CoxTopGenes):
    pass


class CheckedElasticNet(_Checked, CoxElasticNet):
    pass


class CheckedNetwork(_Checked, DeepCMESurvival):
    pass


class CheckedEnsemble(_Checked, DeepCMESurvivalEnsemble):
    pass


class CheckedPanel(_Checked, GenePanelSurvival):
    pass


class CheckedPanelNetworks(_Checked, PanelHazards):
    pass


class CheckedCommittee(_Checked, DeepCMESurvivalCommittee):
    pass


QUICK = {"hidden_layers": (4,), "max_epochs": 5, "random_state": 0}


def expected_failed_checks(estimator):
    return {"check_dtype_object": "a survival target is an array of records, not of labels"}


@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks(
    [
        CheckedRegression(),
        CheckedRidge(penalties=(1.0,)),
        CheckedTopGenes(5, penalties=(1.0, 0.1), n_folds=2, random_state=0),
        CheckedElasticNet(0.5, penalties=(0.3, 0.1), n_folds=2, random_state=0),
        CheckedNetwork(**QUICK),
        CheckedEnsemble(2, **QUICK),
        CheckedPanel(size=2, strength=0.1, refit="linear", random_state=0),
        CheckedPanelNetworks(n_epochs=5, n_members=1, random_state=0),
    ],
    expected_failed_checks=expected_failed_checks,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API")
@parametrize_with_checks(
    [CheckedCommittee(("Cox-ridge", "Cox-top-200"), n_folds=2, random_state=0)],
    expected_failed_checks=expected_failed_checks,
)
def test_scikit_learn_contract_of_a_committee(estimator, check):
    check(estimator)


def test_higher_is_worse_and_survival_falls():
    model = CoxTopGenes(10, penalties=(0.1,)).fit(X, Y)
    times = [0.1, 0.5, 1.0]
    survival = model.predict_survival(X, times)
    worst, best = np.argmax(model.predict(X)), np.argmin(model.predict(X))
    assert (survival[worst] < survival[best]).all()
    assert (np.diff(survival, axis=1) <= 0).all()
    with pytest.raises(AbsentError, match="ask for times up to"):
        model.predict_survival(X, [1e6])


def with_events(value):
    """The target, whose first event is something else."""
    target = np.empty(len(Y), dtype=[("event", object), ("time", float)])
    target["event"], target["time"] = Y["event"], Y["time"]
    target["event"][0] = value
    return target


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        (FOLLOW_UP.times, "a structured array with the fields event"),
        (Y[:5], "holds 5 patients for 90 samples"),
        (make_target(FOLLOW_UP.of_cause(2)), "No patient had the event"),
        (with_events(0.5), "true or false, or 0 and 1, but number 1 is 0.5"),
        (with_events(np.nan), "true or false, or 0 and 1, but number 1 is nan"),
        (with_events(257), "true or false, or 0 and 1, but number 1 is 257"),
        (with_events("yes"), "true or false, or 0 and 1, but number 1 is yes"),
    ],
)
def test_a_target_that_cannot_be_used_is_refused(y, sentence):
    networks = DeepCMESurvival(**QUICK), DeepCMESurvivalEnsemble(**QUICK)
    for model in (CoxRegression(), CoxRidge(), CoxTopGenes(), CoxElasticNet(), *networks):
        with pytest.raises(DeepCMEError, match=sentence):
            model.fit(X, y)


@pytest.mark.parametrize("model", [CoxRidge(penalties=(0.1,)), DeepCMESurvival(**QUICK)])
def test_fields_of_any_name_are_told_by_what_they_hold(model):
    """As `Surv.from_arrays` of scikit-survival lets its users name them."""
    dtype = [("relapsed", bool), ("years", float)]
    renamed = np.array(list(zip(Y["event"], Y["time"], strict=True)), dtype=dtype)
    expected = model.fit(X, Y).predict(X)
    np.testing.assert_array_equal(model.fit(X, renamed).predict(X), expected)
    crossed = renamed.astype([("time", bool), ("event", float)])
    np.testing.assert_array_equal(model.fit(X, crossed).predict(X), expected)
    for odd in ([("a", float), ("b", float)], [("a", bool), ("b", bool), ("c", float)]):
        with pytest.raises(DeepCMEError, match="a structured array with the fields event"):
            model.fit(X, np.zeros(len(X), dtype=odd))
