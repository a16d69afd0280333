from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.folds import NestedFolds
from deepcme.evaluation.comparison import (
    REFITTED_FACTOR,
    compute_comparison,
    compute_corrected_t_test,
    compute_holm_correction,
    compute_practical_equivalence,
    compute_test_to_train_ratio,
)
from tests.evaluation.equal_models import simulate_equal_models
from tests.evaluation.simulations import simulate_corrected_t_test, simulate_holm_correction

differences = st.lists(st.floats(-1, 1), min_size=2, max_size=20)


def test_deepcme_has_no_demonstrated_advantage_over_svc_in_the_paper(reference):
    table = reference("corrected_t_test")
    result = compute_corrected_t_test(np.subtract(table["deepcme"], table["svc"]), 1 / 3)
    assert result.difference == pytest.approx(table["difference"], abs=5e-5)
    assert result.p_value == pytest.approx(table["p_value"], abs=5e-4)
    assert result.ci_low < 0 < result.ci_high


def test_three_splits_by_hand(reference):
    case = reference("corrected_t_test")["three_splits"]
    ratio = case["test_to_train_ratio"]
    assert compute_corrected_t_test(case["differences"], ratio).p_value == pytest.approx(
        case["p_value"]
    )
    result = compute_practical_equivalence(case["differences"], ratio, case["margin"])
    assert result.probability_worse == pytest.approx(case["probability_worse"])
    assert result.probability_better == pytest.approx(case["probability_better"])


@given(differences)
def test_swapping_the_models_turns_the_result_round(values):
    forwards = compute_corrected_t_test(values, 1 / 3)
    backwards = compute_corrected_t_test(np.negative(values), 1 / 3)
    assert backwards.difference == pytest.approx(-forwards.difference)
    assert backwards.ci_low == pytest.approx(-forwards.ci_high)
    assert backwards.p_value == pytest.approx(forwards.p_value)


@given(differences)
def test_p_is_below_five_percent_where_the_interval_leaves_out_zero(values):
    result = compute_corrected_t_test(values, 1 / 3)
    if abs(result.p_value - 0.05) > 1e-9:
        assert (result.p_value < 0.05) == (not result.ci_low <= 0 <= result.ci_high)


@given(differences, st.floats(0, 0.5))
def test_worse_equivalent_and_better_exhaust_the_possibilities(values, margin):
    result = compute_practical_equivalence(values, 1 / 3, margin)
    parts = [
        result.probability_worse,
        result.probability_equivalent,
        result.probability_better,
    ]
    assert sum(parts) == pytest.approx(1)
    assert min(parts) >= -1e-12


@given(differences)
def test_without_a_margin_the_posterior_agrees_with_the_p_value(values):
    p_value = compute_corrected_t_test(values, 1 / 3).p_value
    posterior = compute_practical_equivalence(values, 1 / 3, margin=0)
    if p_value not in (0, 1):
        one_sided = min(posterior.probability_worse, posterior.probability_better)
        assert 2 * one_sided == pytest.approx(p_value)


@pytest.mark.parametrize(("value", "p_value"), [(0.0, 1), (0.1, 0)])
def test_equal_differences_have_an_interval_without_width(value, p_value):
    result = compute_corrected_t_test([value] * 3, 1 / 3)
    assert (result.ci_low, result.ci_high) == pytest.approx((value, value))
    assert result.p_value == p_value
    posterior = compute_practical_equivalence([value] * 3, 1 / 3, margin=0.05)
    assert posterior.probability_better == (value > 0.05)


@pytest.mark.parametrize(
    ("values", "ratio", "message"),
    [
        ([0.1], 1 / 3, "at least two splits"),
        ([0.1, np.nan], 1 / 3, "at least two splits"),
        ([0.1, 0.2], 0, "above 0"),
    ],
)
def test_too_little_to_compare_is_refused(values, ratio, message):
    with pytest.raises(DeepCMEError, match=message):
        compute_corrected_t_test(values, ratio)


def test_a_negative_margin_is_refused():
    with pytest.raises(DeepCMEError, match="margin"):
        compute_practical_equivalence([0.1, 0.2], 1 / 3, -0.1)


def test_holm_correction_by_hand(reference):
    case = reference("holm")
    assert compute_holm_correction(case["p_values"]) == pytest.approx(case["corrected"])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm_correction_keeps_order_and_range(p_values):
    corrected = compute_holm_correction(p_values)
    assert ((corrected >= p_values) & (corrected <= 1)).all()
    assert (np.diff(corrected[np.argsort(p_values)]) >= 0).all()


def test_p_values_outside_the_unit_interval_are_refused():
    with pytest.raises(DeepCMEError, match="P-values"):
        compute_holm_correction([0.5, 1.5])


def test_there_must_be_something_to_compare_with(predictions):
    with pytest.raises(DeepCMEError, match="no other model"):
        compute_comparison(predictions, "network", [])


def test_validation_data_have_no_say_in_what_is_compared(predictions):
    """Validation patients are test patients of other splits, so no choice may rest on them."""
    flipped = predictions.copy()
    of_validation = flipped["part"] == "validation"
    flipped.loc[of_validation, "score"] *= -1
    plain, changed = (
        compute_comparison(table, "network", ["logistic", "forest"], comparator="forest")
        for table in (predictions, flipped)
    )
    assert_frame_equal(plain, changed)


def test_ratio_of_test_to_training_size(predictions):
    sizes = predictions.query("model == 'network'").groupby(["split", "part"]).size().unstack()
    expected = (sizes["test"] / sizes["train"]).mean()
    assert compute_test_to_train_ratio(predictions) == pytest.approx(expected)


def test_the_smaller_training_part_gives_the_ratio(predictions):
    halved = predictions[
        (predictions["model"] != "forest")
        | (predictions["part"] != "train")
        | (predictions.groupby(["model", "split", "part"]).cumcount() % 2 == 0)
    ]
    ratio = compute_test_to_train_ratio(halved)
    assert ratio == pytest.approx(2 * compute_test_to_train_ratio(predictions), rel=0.05)
    table = compute_comparison(halved, "network", ["logistic", "forest"])
    assert table["test_to_train_ratio"].tolist() == pytest.approx([ratio / 2, ratio], rel=0.05)
    assert table["test_to_train_ratio"].iloc[1] == ratio


def test_left_out_cohorts_are_not_compared_by_test(predictions):
    of_cohorts = predictions.assign(left_out=predictions["split"].map("cohort{}".format))
    with pytest.raises(DeepCMEError, match="takes test parts of one population"):
        compute_comparison(of_cohorts, "network", ["logistic"])


def test_comparison_has_a_row_for_each_baseline_and_marks_the_comparator(predictions):
    table = compute_comparison(
        predictions, "network", ["logistic", "forest"], comparator="forest"
    )
    assert table["baseline"].tolist() == ["logistic", "forest"]
    assert table["comparator"].tolist() == [False, True]
    assert (table["ci_low"] < table["difference"]).all()
    assert (table["difference"] < table["ci_high"]).all()
    assert table["p_holm"].to_numpy() == pytest.approx(
        compute_holm_correction(table["p_value"])
    )
    probabilities = [f"probability_{name}" for name in ("worse", "equivalent", "better")]
    assert table[probabilities].sum(axis=1).to_numpy() == pytest.approx([1, 1])
    assert (table["n_splits"] == 4).all()


def test_an_interval_of_two_splits_ends_where_differences_of_auc_do():
    rows = []
    for split, scores in ((1, [0.1, 0.2, 0.3, 0.4]), (2, [0.4, 0.3, 0.2, 0.1])):
        for model, of in (("A", scores), ("B", [0.1, 0.4, 0.2, 0.3])):
            for part in ("train", "test"):
                rows += [
                    {"split": split, "model": model, "sample": f"{part}{i}", "part": part,
                     "patient": f"{part}{i}", "label": i // 2, "score": score}
                    for i, score in enumerate(of)
                ]  # fmt: skip
    row = compute_comparison(pd.DataFrame(rows), "A", ["B"]).iloc[0]
    assert (row["ci_low"], row["ci_high"]) == (-1, 1)


def test_a_model_that_validation_rows_train_too_has_the_larger_ratio(predictions):
    """Of 60/20/20 the formula's 1/4 for it would be smaller than 1/3; it takes 0.425."""
    of_logistic = predictions[predictions["model"].isin(["network", "logistic"])]
    rows = of_logistic[of_logistic["model"] == "logistic"]
    n = rows.groupby(["split", "part"])["sample"].nunique().unstack()
    fitted = n["train"] + n["validation"]
    assert compute_test_to_train_ratio(of_logistic, ["logistic"]) == pytest.approx(
        REFITTED_FACTOR * (n["test"] / fitted).mean()
    )
    both = rows.assign(part=rows["part"].replace({"validation": "train"}))
    tuned_over_folds = pd.concat([rows, both[both["part"] == "train"]])
    assert compute_test_to_train_ratio(tuned_over_folds, ["logistic"]) == pytest.approx(
        REFITTED_FACTOR * (n["test"] / fitted).mean()
    )


def test_comparison_uses_the_splits_that_both_models_have(predictions):
    lost = (predictions["model"] == "forest") & (predictions["split"] == 0)
    table = compute_comparison(predictions[~lost], "network", ["logistic", "forest"])
    assert table["n_splits"].tolist() == [4, 3]


def test_corrected_t_test_keeps_its_level_where_the_plain_one_does_not():
    rejected = simulate_corrected_t_test(studies=150, signal=0.3, seed=4)
    assert rejected["corrected"] <= 0.1
    assert rejected["uncorrected"] >= 0.15


def test_corrected_t_test_keeps_its_level_over_nested_folds():
    rejected = simulate_corrected_t_test(
        studies=150, signal=0.3, seed=5, design=NestedFolds(5, 2)
    )
    assert rejected["corrected"] <= 0.1
    assert rejected["uncorrected"] >= 0.1


@pytest.mark.parametrize("refitted", [True, False])
def test_models_of_equal_worth_are_seldom_told_apart(refitted):
    claims = simulate_equal_models(120, 97, 46, seed=7, refitted=refitted, shared=0.5)
    assert 0 < claims["better"] + claims["worse"] <= 0.09
    assert claims["better than any"] + claims["worse than any"] <= 0.09


def test_holm_correction_keeps_the_chance_of_any_false_rejection():
    assert simulate_holm_correction(studies=2000, tests=5, seed=4) <= 0.06
