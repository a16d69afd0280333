"""Null runs stand beside what they are to be compared with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.evaluation.nulls import compute_null_comparison, compute_permutation_table


def runs(kind, aucs, size=5, signature=np.nan, events=10):
    return pd.DataFrame(
        {
            "kind": kind,
            "size": size,
            "auc": aucs,
            "signature": signature,
            "n": 40,
            "events": events,
        }
    )


def test_the_distribution_and_the_share_by_hand(reference):
    case = reference("null_comparison")
    row = compute_null_comparison(
        runs("random genes", case["null"]), "DeepCME", case["compared"]
    ).iloc[0]
    for name in ("null_mean", "null_low", "null_high", "share_as_good", "ci_low", "ci_high"):
        assert row[name] == pytest.approx(case[name], abs=1e-6)
    assert (row["n_as_good"], row["n_runs"], row["n"], row["events"]) == (2, 4, 40, 10)
    assert row["compared"] == "DeepCME on all genes"


def test_quantiles_take_forty_runs():
    """Of n sorted values, quantile q is at position q (n - 1): the second of 0, 1, ..., 40."""
    aucs = np.arange(41) / 40
    of_41, of_39 = (
        compute_null_comparison(runs("random genes", aucs[:n]), "LR", 0.8).iloc[0]
        for n in (41, 39)
    )
    assert of_41[["null_low", "null_high"]].tolist() == pytest.approx([1 / 40, 39 / 40])
    assert of_39[["null_low", "null_high"]].tolist() == [0, 38 / 40]


def test_a_signature_stands_beside_random_sets_of_its_own_size_alone():
    table = compute_null_comparison(
        pd.concat(
            [
                runs("permuted labels", [0.4, 0.5], size=100),
                runs("signature", [0.65], size=7, signature="mine"),
                runs("random genes", [0.6, 0.6], size=5),
                runs("random genes", [0.6, 0.7], size=7),
            ]
        ),
        "LR",
        0.8,
    )
    assert list(zip(table["kind"], table["size"], table["compared"], strict=True)) == [
        ("permuted labels", 100, "LR on all genes"),
        ("random genes", 5, "LR on all genes"),
        ("random genes", 7, "LR on all genes"),
        ("random genes", 7, "signature mine"),
    ]
    assert table["share_as_good"].tolist() == [0, 0, 0, 0.5]
    assert table["auc"].tolist() == [0.8, 0.8, 0.8, 0.65]


def test_without_random_sets_or_permutations_there_is_nothing_to_compare_with():
    assert compute_null_comparison(runs("signature", [0.7]), "LR", 0.8).empty
    with pytest.raises(DeepCMEError, match="at least one permutation"):
        compute_permutation_table(runs("random genes", [0.7]), 0.8)


def test_the_permutation_test_counts_permuted_labels_alone(reference):
    case = reference("permutation")
    both = pd.concat(
        [runs("permuted labels", case["null"], events=9), runs("random genes", [1.0] * 9)]
    )
    row = compute_permutation_table(both, case["observed"]).iloc[0]
    assert row["p_value"] == pytest.approx(case["p_value"])
    assert row["n_permutations"] == len(case["null"])
    assert row["n_as_good"] == sum(value >= case["observed"] for value in case["null"])
    assert row["events"] == 9
