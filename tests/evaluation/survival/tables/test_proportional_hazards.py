"""The hazards of out-of-fold scores are checked as those of any column, and hold their level."""

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.cohort.follow_up import FollowUp
from deepcme.evaluation.survival.proportional_hazards import check_proportional_hazards
from deepcme.evaluation.survival.tables.censoring_counts import compute_censoring_counts
from deepcme.evaluation.survival.tables.evaluated import Evaluation
from deepcme.evaluation.survival.tables.proportional_hazards import compute_proportional_hazards

FOLDS, REPEATS = 5, 2


def draw_patients(random, n=120, effect=0.0):
    """Expression of 30 genes, of which three tell of the hazard, and follow-up."""
    X = random.normal(size=(n, 30))
    time = random.exponential(8 * np.exp(-effect * X[:, :3].sum(axis=1)))
    censored = random.uniform(2, 15, n)
    return X, FollowUp(np.minimum(time, censored), (time <= censored).astype(np.int8))


def predict_out_of_fold(random, X, follow_up):
    """Each gene by its score statistic, learned of the other folds; a predictions table."""
    tables = []
    for split in range(FOLDS * REPEATS):
        if split % FOLDS == 0:
            fold = random.permutation(len(X)) % FOLDS
        training = fold != split % FOLDS
        fitted = follow_up.rows(training)
        order = np.argsort(fitted.times)
        hazard = np.cumsum(fitted.events[order] / np.arange(fitted.n, 0, -1))
        residual = fitted.events[order] - hazard
        score = X @ (X[training][order].T @ residual)
        tables.append(
            pd.DataFrame(
                {
                    "split": split,
                    "model": "Cox",
                    "sample": [f"P{row}" for row in range(len(X))],
                    "part": np.where(training, "train", "test"),
                    "time": follow_up.times,
                    "event": follow_up.events,
                    "score": score / score[training].std(),
                }
            )
        )
    predictions = pd.concat(tables, ignore_index=True)
    return predictions.assign(patient=predictions["sample"])


def evaluate(predictions, horizon=None):
    return Evaluation.draw(predictions, horizon, np.random.default_rng(1), draws=0)


@pytest.fixture(scope="module")
def predictions():
    random = np.random.default_rng(3)
    return predict_out_of_fold(random, *draw_patients(random, effect=0.5))


def test_the_column_is_the_mean_out_of_fold_score_of_each_patient(predictions):
    found = compute_proportional_hazards(evaluate(predictions), ["Cox"]).iloc[0]
    test = predictions[predictions["part"] == "test"]
    mean = test.groupby("patient", sort=False)["score"].mean()
    ends = test.drop_duplicates("patient").set_index("patient").loc[mean.index]
    by_hand = check_proportional_hazards(
        mean.to_numpy()[:, np.newaxis], FollowUp(ends["time"], ends["event"]), ["score"]
    ).tests.iloc[0]
    for name in ("trend", "ci_low", "ci_high", "chi2", "p_value", "n", "events"):
        assert found[name] == pytest.approx(by_hand[name], rel=1e-9), name
    assert found["absent"] == "" and "what Cox predicts of patients left out" in found["said"]


def test_other_models_are_not_checked_and_without_any_there_is_no_table(predictions):
    others = predictions.assign(model="LR")
    both = pd.concat([predictions, others])
    assert compute_proportional_hazards(evaluate(both), ["Cox"])["model"].tolist() == ["Cox"]
    with pytest.raises(AbsentError, match="No model of this study is of the hazard"):
        compute_proportional_hazards(evaluate(others), [])


def test_scores_that_are_all_the_same_are_not_estimable_and_it_is_said(predictions):
    table = compute_proportional_hazards(evaluate(predictions.assign(score=0.0)), ["Cox"])
    assert np.isnan(table["p_value"].iloc[0]) and table["absent"].iloc[0]


def test_censored_patients_and_weights_are_counted_once_a_patient(predictions):
    counts = compute_censoring_counts(evaluate(predictions, 5.0)).iloc[0]
    patients = predictions.drop_duplicates("patient")
    censored = (patients["event"] == 0) & (patients["time"] <= 5)
    assert counts["n"] == len(patients) and counts["n_censored"] == censored.sum()
    assert counts["n_capped"] == 0 and 1 < counts["highest"] < 10
    assert counts["events"] == ((patients["event"] == 1) & (patients["time"] <= 5)).sum()


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.0, 0.5])
def test_where_hazards_are_proportional_the_check_rejects_about_as_often_as_it_says(effect):
    """Of 1,000 studies; the simulation error is .007."""
    p_values = []
    for seed in range(1000):
        random = np.random.default_rng(seed)
        predictions = predict_out_of_fold(random, *draw_patients(random, effect=effect))
        found = compute_proportional_hazards(evaluate(predictions), ["Cox"])
        p_values.append(found["p_value"].iloc[0])
    assert 0.03 <= np.mean(np.array(p_values) <= 0.05) <= 0.08
