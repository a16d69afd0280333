"""Notes are facts or warnings; warnings come first and can be refused."""

import pytest

from deepcme import DeepCMEError
from deepcme.base.notes import is_warning, prefixed, refuse_warnings, warnings_first

FACT = "Samples were found along the rows."
DOUBT = "Warning: 2 gene names look like dates."


def test_warnings_come_first_and_keep_their_order():
    assert warnings_first([FACT, "Warning: b.", "x", "Warning: a."]) == [
        "Warning: b.",
        "Warning: a.",
        FACT,
        "x",
    ]


def test_a_warning_of_one_cohort_stays_a_warning():
    assert prefixed(FACT, "north") == f"north: {FACT}"
    assert is_warning(prefixed(DOUBT, "north"))
    assert prefixed(DOUBT, "north") == "Warning: north: 2 gene names look like dates."


def test_facts_are_not_refused():
    refuse_warnings([FACT])


def test_warnings_are_refused_all_at_once_with_the_way_out():
    with pytest.raises(
        DeepCMEError,
        match=r"Refused for 2 warnings: 2 gene names look like dates\. A column is no sample\. "
        "Leave --strict out",
    ):
        refuse_warnings([DOUBT, FACT, "Warning: A column is no sample."])
