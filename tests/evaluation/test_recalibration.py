from __future__ import annotations

import numpy as np
import pytest

from deepcme.errors import DeepCMEError
from deepcme.evaluation.calibration import compute_calibration_line
from deepcme.evaluation.recalibration import PlattRecalibration, recalibrate_predictions


def test_recalibrated_scores_are_calibrated_on_new_data():
    random = np.random.default_rng(8)
    labels = np.repeat([1, 0], [5_000, 15_000])
    training, new = (random.normal(size=20_000) * 5 + 5 * labels for _ in range(2))
    recalibration = PlattRecalibration.fit(labels, training)
    line = compute_calibration_line(labels, recalibration.apply(new))
    assert line.slope.value == pytest.approx(1, abs=0.1)
    assert line.in_the_large.value == pytest.approx(0, abs=0.1)
    assert (recalibration.n, recalibration.events) == (20_000, 5_000)


def test_the_formula_of_gaussian_scores_is_found():
    # two normal classes of standard deviation 1, a distance d apart: the slope is d
    random = np.random.default_rng(8)
    labels = np.repeat([1, 0], 20_000)
    recalibration = PlattRecalibration.fit(labels, random.normal(size=40_000) + 1.5 * labels)
    assert recalibration.slope == pytest.approx(1.5, abs=0.05)
    assert recalibration.intercept == pytest.approx(-(1.5**2) / 2, abs=0.05)


def test_separated_classes_keep_to_platts_targets():
    # two of each class at one value each: fitted exactly to 3/4 and 1/4
    recalibration = PlattRecalibration.fit([1, 1, 0, 0], [1, 1, -1, -1])
    assert recalibration.apply([1, -1]) == pytest.approx([0.75, 0.25], abs=1e-6)


def test_scores_that_are_all_the_same_give_everybody_one_probability():
    recalibration = PlattRecalibration.fit([1, 0, 0, 0], [2.0] * 4)
    assert recalibration.slope == 0
    assert recalibration.apply([2.0, 9.0]) == pytest.approx([(2 / 3 + 3 / 5) / 4] * 2, abs=1e-6)


def test_order_of_patients_is_kept():
    recalibration = PlattRecalibration.fit([0, 1, 0, 1, 1], [1, 2, 3, 4, 5])
    assert (np.diff(recalibration.apply([1, 2, 3, 4, 5])) > 0).all()


def test_labels_of_one_class_are_refused():
    with pytest.raises(DeepCMEError, match="Both classes"):
        PlattRecalibration.fit([1, 1], [0.1, 0.2])


def test_every_split_is_recalibrated_on_its_own_validation_part(predictions):
    result = recalibrate_predictions(predictions)
    rows = predictions.query("split == 1 and model == 'forest'")
    validation = rows.query("part == 'validation'")
    expected = PlattRecalibration.fit(validation["label"], validation["score"])
    assert result.loc[rows.index, "probability"].to_numpy() == pytest.approx(
        expected.apply(rows["score"])
    )
    assert result.drop(columns="probability").equals(predictions.drop(columns="probability"))


def test_test_and_training_labels_have_no_say_in_recalibration(predictions):
    poisoned = predictions.copy()
    elsewhere = poisoned["part"] != "validation"
    poisoned.loc[elsewhere, "label"] = 1 - poisoned.loc[elsewhere, "label"]
    before, after = (recalibrate_predictions(table) for table in (predictions, poisoned))
    assert before["probability"].equals(after["probability"])


def test_a_split_without_validation_rows_cannot_be_recalibrated(predictions):
    lost = (predictions["split"] == 2) & (predictions["part"] == "validation")
    with pytest.raises(DeepCMEError, match="no row of the validation part"):
        recalibrate_predictions(predictions[~lost])
