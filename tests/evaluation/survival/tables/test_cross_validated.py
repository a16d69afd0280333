"""Cross-validated studies of times, simulated: what their intervals hold, and what is claimed.

Genes are normal and the hazard is log-linear in them. Two models learn from genes of their
own, of equal worth, by the score test of Cox's partial likelihood in each training part.
"""

import numpy as np
import pandas as pd
import pytest

from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.bootstrap import compute_weighted_auc
from deepcme.evaluation.survival.partial_likelihood import PartialLikelihood
from deepcme.evaluation.survival.tables.differences import compute_survival_differences
from deepcme.evaluation.survival.tables.discrimination import compute_survival_discrimination
from tests.evaluation.survival.tables.conftest import HORIZON, evaluate

PATIENTS, GENES, TELLING = 198, 60, 10
FOLDS, REPEATS = 5, 2
NEW_PATIENTS = 1500


def draw_times(X, beta, random):
    return random.exponential(8 / np.exp(X @ beta))


def true_values(weights, beta):
    """C up to the horizon, and AUC at it, of a fitted model on new patients."""
    random = np.random.default_rng(5)
    X = random.normal(size=(NEW_PATIENTS, GENES))
    times, scores = draw_times(X, beta, random), X @ weights
    cases = times <= HORIZON
    later = times > times[cases][:, np.newaxis]
    concordant = (scores[cases][:, np.newaxis] > scores) & later
    everybody = np.ones((1, NEW_PATIENTS))
    auc = compute_weighted_auc(cases.astype(np.int64), scores, everybody)[0]
    return {"uno_c": concordant.sum() / later.sum(), "auc": auc}


def simulate_study(signal, random):
    """A study's two measures of one model, their truth, and whether an equal one differs."""
    beta = np.where(np.arange(GENES) < 2 * TELLING, signal, 0.0)
    own = {"first": np.arange(GENES) % 2 == 0, "second": np.arange(GENES) % 2 == 1}
    X = random.normal(size=(PATIENTS, GENES))
    of_event, censored = draw_times(X, beta, random), random.uniform(1, 9, PATIENTS)
    times, events = np.minimum(of_event, censored), (of_event <= censored).astype(int)
    tables, truths = [], []
    for split in range(FOLDS * REPEATS):
        if split % FOLDS == 0:
            order = random.permutation(PATIENTS)
        is_test = np.isin(np.arange(PATIENTS), order[split % FOLDS :: FOLDS])
        training = FollowUp(times[~is_test], events[~is_test])
        residuals = PartialLikelihood.of(training).gradient(np.zeros(training.n))
        for model, genes in own.items():
            weights = np.where(genes, X[~is_test].T @ residuals, 0.0)
            if model == "first":
                truths.append(true_values(weights, beta))
            names = np.arange(PATIENTS).astype(str)
            columns = {
                "split": split,
                "model": model,
                "sample": names,
                "patient": names,
                "part": np.where(is_test, "test", "train"),
                "time": times,
                "event": events,
                "score": X @ weights,
            }
            tables.append(pd.DataFrame(columns))
    study = evaluate(pd.concat(tables, ignore_index=True), draws=400)
    found = compute_survival_discrimination(study).query("model == 'first'")
    found = found.set_index("measure")
    differences = compute_survival_differences(study, "first", ["second"])
    differs = differences.set_index("measure")["p_value"] < 0.05
    truth = pd.DataFrame(truths).mean()
    return {
        name: {
            "truth": truth[name],
            "value": found.loc[name, "value"],
            "covered": found.loc[name, "ci_low"] <= truth[name] <= found.loc[name, "ci_high"],
            "differs": differs[name],
        }
        for name in truth.index
    }


@pytest.mark.slow
@pytest.mark.parametrize("signal", [0.0, 0.15])
def test_intervals_hold_the_truth_and_equal_models_seldom_differ(signal, say):
    random = np.random.default_rng(17)
    studies = [simulate_study(signal, random) for _ in range(100)]
    for measure in ("uno_c", "auc"):
        mean = pd.DataFrame([study[measure] for study in studies]).astype(float).mean()
        say(f"{measure}, signal {signal}: {mean.round(3).to_dict()}")
        assert mean["covered"] >= 0.92
        assert mean["value"] == pytest.approx(mean["truth"], abs=0.015)
        assert mean["differs"] <= 0.07
