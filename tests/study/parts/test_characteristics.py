"""By which columns a study may look at groups of patients."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.study.parts.characteristics import require_subgroups
from tests.audit.test_characteristics import cohort_with


def with_groups():
    return cohort_with(
        er=["negative", "positive", "positive"] * 20,
        plate=[f"p{i % 7}" for i in range(60)],
        age=np.random.default_rng(1).uniform(30, 80, 60),
        relapse=["a", "b"] * 30,
    )


def test_groups_of_patients_may_be_of_columns_that_divide_them():
    require_subgroups(with_groups(), ["age", "er"])


@pytest.mark.parametrize(
    ("column", "why"),
    [
        ("grade", "is no column of its samples: name one of: er, age"),
        ("plate", "does not divide its patients in 2 to 6 groups: name one of: er, age"),
        ("relapse", "says nothing of its patients at the start .*: name one of: er, age"),
        ("event", "no column of its samples|says nothing of its patients"),
    ],
)
def test_others_are_refused_before_anything_is_fitted(column, why):
    with pytest.raises(DeepCMEError, match=rf"\[subgroups\] names '{column}', which .*{why}"):
        require_subgroups(with_groups(), ["er", column])


def test_a_cohort_without_any_such_column_says_to_leave_the_section_out():
    with pytest.raises(DeepCMEError, match=r"no column does, so leave \[subgroups\] out"):
        require_subgroups(cohort_with(country=["NL"] * 60), ["er"])
