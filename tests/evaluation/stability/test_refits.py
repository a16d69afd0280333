from __future__ import annotations

import numpy as np
import pytest

from deepcme.base.errors import DeepCMEError
from deepcme.evaluation.stability.refits import (
    compute_classification_instability,
    compute_classification_summary,
    compute_instability_summary,
    compute_prediction_instability,
)
from tests.evaluation.stability.conftest import table_of_refits


def rng():
    return np.random.default_rng(0)


def test_prediction_instability_by_hand(four_patients):
    """Of two risks, the 2.5th percentile is 0.025 of the way from the lower to the higher."""
    table = compute_prediction_instability(four_patients).set_index("sample")
    assert table["risk"].tolist() == [0.1, 0.4, 0.2, 0.8]
    assert table["mape"].tolist() == pytest.approx([0.05, 0.25, 0.15, 0.05])
    assert table["low"].tolist() == pytest.approx([0.1025, 0.1125, 0.2075, 0.7025])
    assert table["high"].tolist() == pytest.approx([0.1975, 0.5875, 0.4925, 0.7975])
    assert (table["n_refits"] == 2).all()


def test_its_summary_by_hand(four_patients):
    instability = compute_prediction_instability(four_patients)
    table = compute_instability_summary(instability, rng(), draws=50).set_index("measure")
    assert table.loc["mape", "value"] == pytest.approx(0.125)
    # Widths 0.095, 0.475, 0.285 and 0.095: half have no more than the first of them.
    assert table.loc["median_width", "value"] == pytest.approx(0.095)
    assert table.loc["tenth_width", "value"] == pytest.approx(0.475)
    assert table[["n", "events", "n_patients", "n_refits"]].iloc[0].tolist() == [4, 2, 4, 2]


def test_classification_instability_by_hand(four_patients):
    table = compute_classification_instability(four_patients, (0.2, 0.5))
    shares = {at: rows["changed"].tolist() for at, rows in table.groupby("threshold")}
    assert shares == {0.2: [0.5, 0.5, 0.0, 0.0], 0.5: [0.0, 0.5, 0.5, 0.0]}
    summary = compute_classification_summary(table, rng(), draws=50).set_index("threshold")
    assert summary["n_high"].tolist() == [3, 1]
    assert summary["changed"].tolist() == [0.25, 0.25]
    assert summary["often"].tolist() == [0.5, 0.5]


def test_a_model_that_ignores_the_data_is_stable():
    labels = np.arange(30) % 2
    refits = table_of_refits(labels, np.full((6, 30), 0.5), np.ones((6, 30), dtype=int))
    instability = compute_prediction_instability(refits)
    summary = compute_instability_summary(instability, rng(), draws=50)
    assert not summary[["value", "ci_low", "ci_high"]].to_numpy().any()
    classification = compute_classification_instability(refits, (0.3, 0.5))
    assert not classification["changed"].any()


def test_samples_may_come_in_any_order(random_refits):
    shuffled = random_refits.sample(frac=1, random_state=1)
    table, other = map(compute_prediction_instability, (random_refits, shuffled))
    merged = table.merge(other, on="sample", suffixes=("", "_shuffled"))
    assert merged["mape"].to_numpy() == pytest.approx(merged["mape_shuffled"].to_numpy())


def test_the_interval_covers_the_error_of_all_patients():
    """Refits off by normal errors of a deviation that differs between patients.

    With errors of deviation s, the mean absolute error is s times the root of 2 / pi.
    """
    random = np.random.default_rng(5)
    covered = 0
    for _ in range(40):
        deviation = random.uniform(0.01, 0.09, 80)
        risks = 0.5 + deviation * random.normal(size=(41, 80))
        risks[0] = 0.5
        refits = table_of_refits(np.arange(80) % 2, risks, np.ones((41, 80), dtype=int))
        instability = compute_prediction_instability(refits)
        row = compute_instability_summary(instability, random, draws=100).iloc[0]
        covered += row["ci_low"] <= 0.05 * np.sqrt(2 / np.pi) <= row["ci_high"]
    assert covered >= 33


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda refits: refits.drop(columns="drawn"), "lacks the columns: drawn"),
        (lambda refits: refits[refits["refit"] > 0], "lacks the original"),
        (lambda refits: refits[refits["refit"] == 0], "every refit"),
        (lambda refits: refits.drop(index=refits.index[-1]), "risk of a sample"),
    ],
)
def test_a_table_that_is_not_whole_is_refused(four_patients, spoil, words):
    with pytest.raises(DeepCMEError, match=words):
        compute_prediction_instability(spoil(four_patients))
