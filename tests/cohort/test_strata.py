"""Which column divides a cohort into batches, and what it takes."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cohort.strata import choose_strata, read_strata


def cohort_of(labels, batch=None, patients=None, **columns):
    n = len(labels)
    return Cohort.from_arrays(
        np.random.default_rng(0).random((n, 3)),
        labels,
        samples=[f"S{i}" for i in range(n)],
        patients=patients,
        batch=batch,
        genes=list("ABC"),
        clinical=pd.DataFrame(columns) if columns else None,
        endpoint="invented",
        scale="log2",
        name="invented",
    )


HALVES = np.repeat(["A", "B"], 20).tolist()


def test_a_column_of_two_levels_that_hold_both_classes_is_taken():
    assert choose_strata(cohort_of([1, 0] * 20, batch=HALVES)) == "batch"
    assert choose_strata(cohort_of([1, 0] * 20, batch=["A"] * 40)) == "none"
    assert choose_strata(cohort_of([1, 0] * 20, hospital=HALVES)) == "none"


def test_one_level_of_both_classes_is_not_enough():
    assert choose_strata(cohort_of([1, 0] * 10 + [0] * 20, batch=HALVES)) == "none"
    assert choose_strata(cohort_of([1, 0] * 10 + [0] * 19 + [1], batch=HALVES)) == "batch"


def test_of_several_columns_the_coarsest_is_taken_and_one_can_be_passed_over():
    plates = np.repeat(list("ABCD"), 10).tolist()
    cohort = cohort_of([1, 0] * 20, batch=plates, cohort=HALVES)
    assert choose_strata(cohort) == "cohort"
    assert choose_strata(cohort, but="cohort") == "batch"


def test_plates_of_a_patient_or_two_of_a_class_are_no_strata():
    plates = np.repeat([f"plate {i}" for i in range(10)], 4).tolist()
    assert choose_strata(cohort_of([1, 0] * 20, plate=plates)) == "none"


def test_patients_count_and_not_their_samples():
    patients = [f"P{i}" for i in [*[0] * 10, *range(1, 11), *[11] * 10, *range(12, 22)]]
    labels = [*[1] * 10, *[0] * 10] * 2
    assert choose_strata(cohort_of(labels, batch=HALVES, patients=patients)) == "none"


def test_a_named_column_is_read_with_its_blanks():
    hospital = ["north"] * 39 + [None]
    cohort = cohort_of([1, 0] * 20, hospital=hospital, batch=HALVES)
    assert set(read_strata(cohort, "hospital")) == {
        "north",
        str(cohort.obs["hospital"].iloc[-1]),
    }
    with pytest.raises(
        DeepCMEError,
        match=r"invented: its samples have no column 'site' .*\"none\" \(.*there are: batch\)",
    ):
        read_strata(cohort, "site")
