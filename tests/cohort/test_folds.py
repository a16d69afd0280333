"""Repeated folds test everyone, keep patients together, and fit the cohort."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcme import DeepCMEError
from deepcme.cohort.folds import RepeatedFolds, choose_folds, choose_repeats


def seed(number=1):
    return np.random.SeedSequence(number)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 3)), min_size=10, max_size=60).filter(
        lambda patients: 5 <= sum(p for p, _ in patients) <= len(patients) - 5
    ),
    st.integers(3, 5),
    st.integers(0, 2**32),
)
def test_every_row_is_tested_once_a_repeat_and_no_patient_is_on_two_sides(patients, n, number):
    sizes = [n for _, n in patients]
    labels = np.repeat([int(p) for p, _ in patients], sizes)
    groups = np.repeat(range(len(sizes)), sizes)
    splits = list(RepeatedFolds(n, 2).split(labels, groups, seed(number)))
    assert len(splits) == 2 * n
    for repeat in (splits[:n], splits[n:]):
        tested = np.concatenate([split.test for split in repeat])
        assert sorted(tested) == list(range(len(labels)))
    for split in splits:
        rows = np.concatenate([rows for _, rows in split.parts()])
        assert sorted(rows) == list(range(len(labels)))
        sides = [set(groups[rows]) for _, rows in split.parts()]
        assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
        assert all({0, 1} == set(labels[rows]) for _, rows in split.parts())


def test_a_quarter_of_the_rest_validates_at_the_prevalence_of_all():
    labels = np.r_[np.ones(50), np.zeros(150)].astype(int)
    for split in RepeatedFolds().split(labels, np.arange(200), seed()):
        assert [len(rows) for _, rows in split.parts()] == [120, 40, 40]
        assert [labels[rows].mean() for _, rows in split.parts()] == [0.25] * 3


def test_more_repeats_leave_the_folds_drawn_before():
    labels, patients = np.tile([1, 0, 0], 20), np.arange(60)
    few = list(RepeatedFolds(5, 1).split(labels, patients, seed()))
    many = list(RepeatedFolds(5, 3).split(labels, patients, seed()))
    for one, other in zip(few, many, strict=False):
        for (_, rows), (_, others) in zip(one.parts(), other.parts(), strict=True):
            np.testing.assert_array_equal(rows, others)
    assert not np.array_equal(many[0].test, many[5].test)


@pytest.mark.parametrize(("positives", "folds"), [(20, 5), (4, 4), (3, 3), (1, 2), (27, 3)])
def test_no_more_folds_than_patients_of_the_rarer_class(positives, folds):
    patients = np.repeat(np.arange(30), 2)
    assert choose_folds((patients < positives).astype(int), patients) == folds


def test_three_patients_of_a_class_are_enough_and_two_are_not():
    labels = np.r_[[1] * 3, [0] * 20]
    splits = list(RepeatedFolds(3, 1).split(labels, np.arange(23), seed()))
    assert [int(labels[split.test].sum()) for split in splits] == [1, 1, 1]
    with pytest.raises(DeepCMEError, match="no positive sample: there are 2 positive"):
        list(RepeatedFolds(2, 1).split(labels[1:], np.arange(22), seed()))


def test_few_patients_are_divided_more_often():
    assert (choose_repeats(149), choose_repeats(150)) == (4, 2)
