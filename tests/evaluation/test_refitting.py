"""The bootstrap holds models fixed; what their refitting adds follows from who trained whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.refitting import compute_refit_inflation, count_rarer_in_part

NOBODY = pd.DataFrame({"split": [], "patient": []})
LINEAR_AT_CHANCE = 3 / np.pi
"""Share of the variance of a uniform rank that is linear in its normal score."""


def folds(
    patients: int, n_folds: int, orders: list[np.ndarray], weight_of_fit: float, seed: int = 0
) -> pd.DataFrame:
    """Test rows of folds; scores are of the patient, or by `weight_of_fit` of the fit alone."""
    random = np.random.default_rng(seed)
    own = random.normal(size=patients)
    tables = []
    for repeat, order in enumerate(orders):
        for number, members in enumerate(np.array_split(order, n_folds)):
            noise = random.normal(size=len(members))
            tables.append(
                pd.DataFrame(
                    {
                        "split": f"{repeat}.{number}",
                        "sample": members,
                        "patient": members,
                        "label": members % 2,
                        "score": np.sqrt(1 - weight_of_fit) * own[members]
                        + np.sqrt(weight_of_fit) * noise,
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def random_orders(patients: int, repeats: int) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [random.permutation(patients) for _ in range(repeats)]


def test_a_model_tested_once_on_others_is_frozen():
    test = folds(40, 1, random_orders(40, 1), 0.5)
    training = pd.DataFrame({"split": "0.0", "patient": range(100, 160)})
    assert compute_refit_inflation(test, training, 0.7) == 1
    assert compute_refit_inflation(test, NOBODY, 0.7) == 1


def test_patients_of_another_cohort_train_without_widening():
    """Drawn twice, as where a cohort is left out: nobody tested ever trains."""
    test = folds(40, 1, random_orders(40, 2), 0.5)
    training = pd.concat(
        pd.DataFrame({"split": f"{repeat}.0", "patient": range(100, 160 - repeat)})
        for repeat in range(2)
    )
    assert compute_refit_inflation(test, training, 0.7) == 1


def test_folds_drawn_once_are_widened_as_if_all_were_due_to_training():
    """By hand: each of 10 in other folds trains who tests it, so b = a = 1."""
    test = folds(20, 2, random_orders(20, 1), 0.0)
    assert compute_refit_inflation(test, NOBODY, 0.5) == pytest.approx(1 + LINEAR_AT_CHANCE)


def test_ranks_that_never_change_need_no_widening():
    test = folds(600, 5, random_orders(600, 3), 0.0)
    assert compute_refit_inflation(test, NOBODY, 0.5) == pytest.approx(1, abs=0.1)


def test_ranks_of_the_fit_alone_are_widened_most():
    """Two repeats of five folds: a = (1 + o) / 2, o the share of trainers in common."""
    orders = random_orders(600, 2)
    test = folds(600, 5, orders, 1.0)
    inflation = compute_refit_inflation(test, NOBODY, 0.5)
    assert inflation == pytest.approx(1 + LINEAR_AT_CHANCE, abs=0.05)
    trains = test.merge(pd.DataFrame({"split": test["split"].unique()}), how="cross")
    apart = trains[
        (trains["split_x"] != trains["split_y"])
        & (trains["split_x"].str[0] == trains["split_y"].str[0])
    ]
    half = apart[apart["patient"] % 2 == 0]
    training = half[["split_y", "patient"]].rename(columns={"split_y": "split"})
    # Odd patients train nobody: of each pair at most the even ones train each other.
    assert 1 < compute_refit_inflation(test, training, 0.5) < inflation - 0.3


def test_more_of_the_fit_in_the_ranks_widens_more():
    orders = random_orders(300, 2)
    found = [
        compute_refit_inflation(folds(300, 5, orders, weight), NOBODY, 0.6)
        for weight in (0.02, 0.06, 0.15)
    ]
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_a_high_auc_needs_less():
    test = folds(300, 5, random_orders(300, 2), 0.3)
    chance, good, best = (compute_refit_inflation(test, NOBODY, auc) for auc in (0.5, 0.8, 1))
    assert 1 <= best < good < chance
    assert compute_refit_inflation(test, NOBODY, 0.2) == pytest.approx(good)


def test_scores_count_by_their_ranks_alone():
    test = folds(100, 5, random_orders(100, 2), 0.1)
    sharper = test.assign(score=np.exp(3 * test["score"]))
    assert compute_refit_inflation(sharper, NOBODY, 0.7) == compute_refit_inflation(
        test, NOBODY, 0.7
    )


def test_training_rows_of_other_splits_do_not_count():
    test = folds(100, 5, random_orders(100, 2), 0.1)
    one = test[test["split"] == "0.0"]
    training = test[["split", "patient"]]
    assert compute_refit_inflation(one, training[training["split"] != "0.0"], 0.7) == 1


def test_the_rarer_class_of_a_part_is_counted_in_patients():
    test = pd.DataFrame(
        {
            "split": [1, 1, 1, 1, 2, 2, 2],
            "patient": list("aabcbca"),
            "label": [1, 0, 0, 0, 1, 1, 0],
        }
    )
    assert count_rarer_in_part(test) == 1
