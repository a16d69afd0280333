"""Patients in two cohorts are refused by name, by their ids and by their profiles."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.study.others.overlaps import find_overlaps
from tests.study.others.cohorts import GENES, labelled, values


def overlaps(*cohorts, genes=GENES):
    columns = {cohort.name: np.arange(genes) for cohort in cohorts}
    return find_overlaps({cohort.name: cohort for cohort in cohorts}, columns, seed=1)


def refused(*cohorts):
    with pytest.raises(DeepCMEError) as caught:
        overlaps(*cohorts)
    return str(caught.value)


@pytest.fixture
def own():
    return labelled("own")


@pytest.fixture
def other():
    return labelled("other", seed=2)


def test_different_people_are_neither_refused_nor_warned_of(own, other):
    assert overlaps(own, other, labelled("third", seed=3)) == {"other": [], "third": []}


def test_a_patients_id_in_any_spelling_is_refused(own, other):
    other.obs["patient"] = ["Patient_own_007", *other.patients[1:]]
    assert refused(own, other) == (
        "1 sample (other-0) of other is of patients whom own has by their ids: leave them out "
        "of one of both, or give other people ids of their own."
    )


def test_samples_ids_are_refused(own, other):
    other.obs["sample"] = [*own.samples[:2], *other.samples[2:]]
    assert refused(own, other).startswith("2 samples (own-0, own-1) of other are of patients")


def test_so_are_those_of_two_other_cohorts(own, other):
    third = labelled("third", seed=3)
    third.obs["patient"] = [other.patients[5], *third.patients[1:]]
    assert "1 sample (third-0) of third is of patients whom other has" in refused(
        own, other, third
    )


def test_a_copied_profile_under_another_id_is_refused(own, other):
    other.X[[3, 8]] = own.X[[20, 30]]
    assert refused(own, other) == (
        "2 samples (other-3, other-8) of other have the expression profile of a sample of own "
        "under another id: leave them out of one of both."
    )


def test_copies_of_a_whole_cohort_are_known_though_they_are_noisy(own, random):
    noise = random.normal(0, 0.4, own.X.shape).astype(np.float32)
    copy = labelled("copy", X=values(50, 1) + noise, seed=1)
    assert "copy holds the patients of own (" in refused(own, copy)


def test_a_profile_that_is_nearly_one_of_the_own_is_warned_of(own, other, random):
    spread = own.X.std(axis=0)
    other.X[0] = own.X[20] + random.normal(0, 0.45 * spread).astype(np.float32)
    (said,) = overlaps(own, other)["other"]
    assert said == (
        "1 sample (other-0) of other has nearly the profile of a sample of own under another "
        "id: make sure that they are other patients."
    )


def test_too_few_genes_to_compare_profiles_are_told(own, other):
    (said,) = overlaps(own, other, genes=59)["other"]
    assert said.startswith("Under 60 common genes cannot tell whether other holds copies")
