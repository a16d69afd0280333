"""The penalty of a Cox lasso, by cross-validated partial likelihood."""

import numpy as np
import pytest

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.models.survival.elastic_net_choice import (
    choose_cox_fit,
    draw_event_folds,
)
from deepcme.models.survival.elastic_net_path import fit_cox_path
from tests.models.survival.patients import (
    FOLLOW_UP,
    PENALTIES,
    SIGNAL,
    SIGNAL_X,
    X,
    make_patients,
    make_tied_patients,
    read_reference,
)

PATIENTS = np.arange(90)
GLMNET = read_reference("lasso")


def test_the_choice_is_that_of_glmnet():
    genes, follow_up = make_tied_patients()
    folds = [np.flatnonzero(np.arange(1, 61) % 5 == fold) for fold in range(5)]
    penalties = np.geomspace(0.35, 0.01, 20)
    choice = choose_cox_fit(genes, follow_up, folds, penalties, ties="breslow")
    np.testing.assert_allclose(choice.losses, GLMNET["losses"], atol=1e-9)
    np.testing.assert_allclose(choice.standard_errors, GLMNET["standard_errors"], atol=1e-9)
    assert choice.chosen == GLMNET["one_standard_error"]
    assert int(np.argmin(choice.losses)) == GLMNET["minimum"]


def test_a_loss_is_what_held_out_patients_add_for_each_event():
    folds = [np.arange(0, 45), np.arange(45, 90)]
    choice = choose_cox_fit(X, FOLLOW_UP, folds, (0.2, 0.1))
    everyone, added = PartialLikelihood.of(FOLLOW_UP), 0.0
    for held_out in folds:
        rest = np.setdiff1d(np.arange(90), held_out)
        fitted = PartialLikelihood.of(FOLLOW_UP.rows(rest))
        log_hazards = fit_cox_path(X[rest], FOLLOW_UP.rows(rest), [0.1])[0].predict(X)
        added += fitted.log_likelihood(log_hazards[rest]) - everyone.log_likelihood(log_hazards)
    assert choice.losses[1] == pytest.approx(2 * added / FOLLOW_UP.n_events, abs=1e-9)
    table = choice.table()
    assert table.columns.tolist() == [
        *("penalty", "n_genes", "explained", "loss", "standard_error", "chosen")
    ]
    assert table["chosen"].sum() == 1


def test_folds_hold_events_alike_and_no_patient_twice(random):
    patients = np.repeat(np.arange(45), 2)
    folds = draw_event_folds(FOLLOW_UP, patients, 5, random)
    held = [set(patients[rows]) for rows in folds]
    assert sum(map(len, held)) == len(set.union(*held)) == 45
    events = np.zeros(90)
    events[:3] = 1
    few = draw_event_folds(FollowUp(FOLLOW_UP.times, events), PATIENTS, 5, random)
    assert [events[rows].sum() for rows in few] == [1, 1, 1]
    with pytest.raises(AbsentError, match="two patients with the event or more, not 1"):
        draw_event_folds(
            FollowUp(FOLLOW_UP.times, events * (PATIENTS == 0)), PATIENTS, 5, random
        )


def test_a_signal_is_found_in_order_and_the_rule_takes_fewer_genes(random):
    folds = draw_event_folds(SIGNAL, np.arange(150), 5, random)
    choice = choose_cox_fit(SIGNAL_X, SIGNAL, folds, PENALTIES)
    fit, best = choice.fit, choice.fits[int(np.argmin(choice.losses))]
    assert set(fit.order()[:3]) == set(best.order()[:3]) == {0, 1, 2}
    assert 3 <= fit.n_chosen < best.n_chosen
    assert fit.penalty > best.penalty


@pytest.mark.slow
def test_without_a_signal_the_rule_mostly_chooses_nothing():
    """The penalty of lowest loss alone chooses genes far more often."""
    by_rule = by_minimum = 0
    for seed in range(100):
        noise, follow_up = make_patients(120, 500, [0.0], seed)
        folds = draw_event_folds(follow_up, np.arange(120), 5, np.random.default_rng(seed))
        choice = choose_cox_fit(noise.astype(np.float32), follow_up, folds)
        by_rule += choice.fit.n_chosen > 0
        by_minimum += choice.fits[int(np.argmin(choice.losses))].n_chosen > 0
    assert by_rule <= 10
    assert by_minimum > 2 * by_rule
