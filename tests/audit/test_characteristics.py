"""Which columns of a cohort describe its samples as they were at the start."""

import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.audit.characteristics import take_characteristics


def cohort_with(**columns):
    random = np.random.default_rng(0)
    return Cohort.from_arrays(
        random.gamma(2.0, 3.0, size=(60, 4)),
        np.r_[np.ones(20), np.zeros(40)],
        samples=[f"S{i}" for i in range(60)],
        genes=list("abcd"),
        clinical=pd.DataFrame(columns),
        endpoint="invented",
        scale="fpkm",
    )


def kept_of(**columns):
    return take_characteristics(cohort_with(**columns))


def test_numbers_and_words_are_kept_as_such_with_their_gaps():
    age = np.r_[np.nan, np.random.default_rng(1).uniform(30, 90, 59)]
    table = kept_of(age=age, grade=["unknown", *["1", "2", "X"] * 19, "1", "2"])
    assert list(table.columns) == ["sample", "age", "grade"]
    assert table["age"].dtype == np.float64 and table["age"].isna().sum() == 1
    assert table["grade"].iloc[0] is None and set(table["grade"][1:]) == {"1", "2", "X"}


def test_numbers_written_as_text_are_numbers():
    assert kept_of(size=["1.5", "NA", "2"] * 20)["size"].iloc[:3].tolist()[::2] == [1.5, 2.0]


@pytest.mark.parametrize(
    "name", ["time_days", "vitalStatus", "e.dmfs", "relapse", "followup_v2", "Sample ID"]
)
def test_what_is_called_like_a_follow_up_or_an_id_is_left_out(name):
    assert list(kept_of(**{name: ["a", "b"] * 30}).columns) == ["sample"]


@pytest.mark.parametrize("name", ["er_status", "lymph_node_status", "centre", "menopause"])
def test_a_status_at_the_start_is_kept(name):
    assert list(kept_of(**{name: ["a", "b"] * 30}).columns) == ["sample", name]


def test_what_gives_the_label_away_is_left_out():
    label = np.r_[np.ones(20), np.zeros(40)]
    assert list(kept_of(outlook=label, twice=2 * label + 1).columns) == ["sample"]


def test_a_constant_and_a_column_of_many_words_are_left_out():
    columns = {"country": ["NL"] * 60, "remark": [f"note {i % 30}" for i in range(60)]}
    assert list(kept_of(**columns).columns) == ["sample"]
