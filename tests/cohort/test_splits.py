"""Splits keep patients together, keep the classes' shares, and say why they cannot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme import DeepCMEError
from deepcme.cohort.folds import NestedFolds
from deepcme.cohort.splits import (
    LeaveOneCohortOut,
    RepeatedSplits,
    draw_folds,
    draw_holdout,
    draw_split,
)

FRACTIONS = (0.6, 0.2, 0.2)


def seed(number=1):
    return np.random.SeedSequence(number)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 4)), min_size=8, max_size=80).filter(
        lambda patients: 3 <= sum(p for p, _ in patients) <= len(patients) - 3
    ),
    st.integers(0, 2**32),
)
def test_no_patient_on_two_sides_and_every_row_in_one_part(patients, number):
    labels = np.repeat([int(p) for p, _ in patients], [n for _, n in patients])
    groups = np.repeat(np.arange(len(patients)), [n for _, n in patients])
    split = draw_split(labels, groups, FRACTIONS, np.random.default_rng(number))
    rows = [rows for _, rows in split.parts()]
    assert sorted(np.concatenate(rows)) == list(range(len(labels)))
    sides = [set(groups[part]) for part in rows]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    for part in rows:
        assert {0, 1} == set(labels[part])


def test_parts_have_the_asked_sizes_and_prevalence():
    labels = np.r_[np.ones(50), np.zeros(150)].astype(int)
    split = draw_split(labels, np.arange(200), FRACTIONS, np.random.default_rng(0))
    assert [len(rows) for _, rows in split.parts()] == [120, 40, 40]
    assert [labels[rows].mean() for _, rows in split.parts()] == [0.25] * 3


def test_a_patient_with_any_positive_sample_counts_as_positive():
    labels = np.array([1, 0] * 6 + [0] * 24)
    patients = np.r_[np.repeat(np.arange(6), 2), np.arange(100, 124)]
    for split in RepeatedSplits(20).split(labels, patients, seed()):
        assert [int(labels[rows].sum()) for _, rows in split.parts()] == [4, 1, 1]


def test_by_sample_may_put_a_patient_on_two_sides():
    labels = np.tile([1, 0], 50)
    patients = np.repeat(np.arange(10), 10)
    split = next(RepeatedSplits(1, by="sample").split(labels, patients, seed()))
    assert set(patients[split.train]) & set(patients[split.test])


def test_too_few_positives_is_an_error_with_the_counts():
    with pytest.raises(
        DeepCMEError, match="no positive sample: there are 2 positive and 20 neg"
    ):
        draw_split(np.r_[1, 1, [0] * 20], np.arange(22), FRACTIONS, np.random.default_rng(0))


def test_positives_of_two_patients_cannot_fill_three_parts():
    labels = np.r_[[1] * 10, [0] * 20]
    patients = np.r_[[0] * 5, [1] * 5, np.arange(2, 22)]
    with pytest.raises(DeepCMEError, match="patients of its own"):
        draw_split(labels, patients, FRACTIONS, np.random.default_rng(0))


def test_the_same_seed_gives_the_same_splits_and_more_repeats_leave_them():
    labels, patients = np.tile([1, 0, 0], 20), np.arange(60)
    branch = seed()
    few = list(RepeatedSplits(2).split(labels, patients, branch))
    many = list(RepeatedSplits(5).split(labels, patients, branch))
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.test, other.test)
    assert not np.array_equal(many[0].test, many[1].test)


def test_holdout_leaves_a_lone_positive_in_training():
    train, valid = draw_holdout([1, 0, 0, 0, 0], np.arange(5), 0.25, np.random.default_rng(0))
    assert 0 in train
    assert len(valid) == 1


@pytest.mark.parametrize("n_groups", [5, 6, 17, 50])
def test_folds_are_balanced_stratified_and_by_patient(n_groups, random):
    labels = np.repeat((np.arange(n_groups) < n_groups // 3 + 1).astype(int), 2)
    groups = np.repeat(np.arange(n_groups), 2)
    folds = draw_folds(labels, groups, 5, random)
    assert sorted(np.concatenate(folds)) == list(range(2 * n_groups))
    sizes = [len(set(groups[rows])) for rows in folds]
    positives = [len(set(groups[rows][labels[rows] == 1])) for rows in folds]
    assert max(sizes) - min(sizes) <= 1
    assert max(positives) - min(positives) <= 1
    assert sum(sizes) == n_groups


PATIENTS = st.lists(st.tuples(st.booleans(), st.integers(1, 3)), min_size=10, max_size=60)


def rows_of(patients):
    """Labels and patients of the rows, of (positive, number of samples) by patient."""
    sizes = [n for _, n in patients]
    return np.repeat([int(p) for p, _ in patients], sizes), np.repeat(range(len(sizes)), sizes)


@settings(max_examples=60, deadline=None)
@given(
    PATIENTS.filter(lambda patients: 5 <= sum(p for p, _ in patients) <= len(patients) - 5),
    st.integers(3, 5),
    st.integers(0, 2**32),
)
def test_nested_folds_test_every_row_once_a_repeat_and_tune_on_the_rest(patients, n, number):
    labels, groups = rows_of(patients)
    splits = list(NestedFolds(n, 2).split(labels, groups, seed(number)))
    assert len(splits) == 2 * n
    for repeat in (splits[:n], splits[n:]):
        tested = np.concatenate([split.test for split in repeat])
        assert sorted(tested) == list(range(len(labels)))
    for split in splits:
        development = np.setdiff1d(np.arange(len(labels)), split.test)
        validated = np.concatenate([inner.validation for inner in split.inner])
        assert len(split.inner) == n - 1
        np.testing.assert_array_equal(np.sort(validated), development)
        for inner in split.inner:
            np.testing.assert_array_equal(inner.test, split.test)
            rows = np.concatenate([rows for _, rows in inner.parts()])
            np.testing.assert_array_equal(np.sort(rows), np.arange(len(labels)))
            sides = [set(groups[rows]) for _, rows in inner.parts()]
            assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
            assert all({0, 1} == set(labels[rows]) for _, rows in inner.parts())
        np.testing.assert_array_equal(split.train, split.inner[0].train)
        np.testing.assert_array_equal(split.over_inner_folds().train, development)
        np.testing.assert_array_equal(split.over_inner_folds().validation, development)


def test_the_validation_fold_of_models_that_do_not_tune_rotates():
    labels = np.tile([1, 0], 30)
    splits = list(NestedFolds(5, 1).split(labels, np.arange(60), seed()))
    validated = np.concatenate([split.validation for split in splits])
    assert sorted(validated) == list(range(60))


def test_more_repeats_leave_the_folds_drawn_before():
    labels, patients = np.tile([1, 0, 0], 20), np.arange(60)
    few = list(NestedFolds(5, 1).split(labels, patients, seed()))
    many = list(NestedFolds(5, 3).split(labels, patients, seed()))
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.test, other.test)
    assert not np.array_equal(many[0].test, many[5].test)


def test_more_folds_than_positive_patients_is_an_error_with_the_way_out():
    labels = np.r_[[1] * 8, [0] * 20]
    patients = np.r_[np.repeat(range(4), 2), 4:24]
    with pytest.raises(
        DeepCMEError, match=r"no positive sample: there are 8 positive.*take fewer folds"
    ):
        list(NestedFolds(5, 1).split(labels, patients, seed()))
    assert len(list(NestedFolds(4, 1).split(labels, patients, seed()))) == 4


COHORTS = np.repeat(["A", "B", "C"], [20, 30, 10])


def test_each_cohort_is_the_test_part_once_a_repeat():
    labels, patients = np.tile([1, 0], 30), np.arange(60)
    splits = list(LeaveOneCohortOut(2).split(labels, patients, COHORTS, seed()))
    assert [split.left_out for split in splits] == ["A", "B", "C"] * 2
    for split in splits:
        np.testing.assert_array_equal(split.test, np.flatnonzero(split.left_out == COHORTS))
        rows = np.concatenate([rows for _, rows in split.parts()])
        np.testing.assert_array_equal(np.sort(rows), np.arange(60))
        assert len(split.validation) == pytest.approx(0.25 * (60 - len(split.test)), abs=1)
        assert all(
            labels[rows].mean() == pytest.approx(0.5, abs=0.1) for _, rows in split.parts()
        )
    assert not np.array_equal(splits[0].validation, splits[3].validation)


def test_a_patient_of_two_cohorts_neither_trains_nor_validates_where_it_is_tested():
    labels, patients = np.tile([1, 0], 30), np.arange(60)
    patients[[25, 55]] = 3  # of cohort A, with a sample in B and one in C
    for split in LeaveOneCohortOut(3).split(labels, patients, COHORTS, seed()):
        others = np.r_[split.train, split.validation]
        assert not set(patients[others]) & set(patients[split.test])
        dropped = np.setdiff1d(np.arange(60), np.r_[others, split.test])
        assert set(dropped) == {3, 25, 55} - set(split.test)


@pytest.mark.parametrize(
    ("labels", "cohorts", "sentence"),
    [
        ([1, 0] * 30, ["A"] * 60, "All 60 samples are of the cohort A"),
        ([1, 0] * 25 + [0] * 10, COHORTS, "The cohort C holds no positive sample among its 10"),
        ([1, 0] * 25 + [1] * 10, COHORTS, "The cohort C holds no negative sample among its 10"),
        (
            [1, 1] + [0] * 4,
            list("ABAABB"),
            "With A left out, the validation part would hold no",
        ),
    ],
)
def test_cohorts_that_cannot_be_tested_are_named(labels, cohorts, sentence):
    with pytest.raises(DeepCMEError, match=sentence):
        list(LeaveOneCohortOut().split(labels, np.arange(len(labels)), cohorts, seed()))


def test_a_cohort_of_the_same_patients_leaves_nobody_to_train_on():
    with pytest.raises(DeepCMEError, match="With A left out, there is nobody to train on"):
        list(LeaveOneCohortOut().split([1, 0] * 2, [1, 2] * 2, list("AABB"), seed()))


STRATA = st.lists(
    st.tuples(st.booleans(), st.sampled_from("ABC"), st.integers(1, 2)),
    min_size=20,
    max_size=80,
).filter(lambda patients: 3 <= sum(p for p, _, _ in patients) <= len(patients) - 3)


@settings(max_examples=60, deadline=None)
@given(STRATA, st.integers(0, 2**32))
def test_strata_get_their_share_of_every_part_and_leave_its_size(patients, number):
    sizes = [n for _, _, n in patients]
    labels = np.repeat([int(p) for p, _, _ in patients], sizes)
    strata = np.repeat([stratum for _, stratum, _ in patients], sizes)
    groups = np.repeat(range(len(sizes)), sizes)
    draw = np.random.default_rng(number)
    split = draw_split(labels, groups, FRACTIONS, draw, strata)
    plain = draw_split(labels, groups, FRACTIONS, draw)
    folds = draw_folds(labels, groups, 5, draw, strata)
    for value in (0, 1):
        for (_, rows), (_, others) in zip(split.parts(), plain.parts(), strict=True):
            of_class = [len(set(groups[r][labels[r] == value])) for r in (rows, others)]
            assert of_class[0] == of_class[1]
        for stratum in set(strata):
            members = set(groups[(labels == value) & (strata == stratum)])
            for (_, rows), share in zip(split.parts(), FRACTIONS, strict=True):
                # Few patients of a class: each part takes one before shares are looked at.
                n_class = len(set(groups[labels == value]))
                slack = 2 + 3 * len(members) / n_class
                assert abs(len(members & set(groups[rows])) - share * len(members)) < slack
            counts = [len(members & set(groups[rows])) for rows in folds]
            assert max(counts) - min(counts) <= 1


def test_every_patient_of_a_small_stratum_is_tested_as_often_as_others():
    labels = np.tile([1, 0, 0], 20)
    strata = np.where(np.arange(60) < 6, "small", "large")
    splits = list(RepeatedSplits(600).split(labels, np.arange(60), seed(), strata))
    tested = np.bincount(np.concatenate([split.test for split in splits]), minlength=60) / 600
    assert np.abs(tested - 0.2).max() < 4.5 * np.sqrt(0.2 * 0.8 / 600)


def test_one_stratum_is_as_none():
    labels, groups = np.tile([1, 0, 0], 20), np.arange(60)
    plain = draw_split(labels, groups, FRACTIONS, np.random.default_rng(3))
    one = draw_split(labels, groups, FRACTIONS, np.random.default_rng(3), ["A"] * 60)
    np.testing.assert_array_equal(plain.test, one.test)
