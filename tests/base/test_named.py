"""A wrong name is a `KeyError` that says what was meant."""

import pytest

from deepcme import DeepCMEError
from deepcme.base.named import Named


@pytest.fixture
def tables():
    things = {"discrimination": 1, "calibration": 2}
    return Named(things, "table", "This report", {"nulls": "Nothing was rerun."})


def test_a_name_that_is_there_is_found(tables):
    assert tables["calibration"] == 2
    assert tables.get("other") is None
    assert "other" not in tables


def test_a_misspelt_name_is_told_the_nearest(tables):
    with pytest.raises(KeyError, match=r"no table 'discriminaton'; did you mean 'discrim"):
        tables["discriminaton"]


def test_the_sentence_is_as_of_any_error_of_ours(tables):
    with pytest.raises(DeepCMEError) as caught:
        tables["zzz"]
    assert str(caught.value) == (
        "This report has no table 'zzz'; there are discrimination, calibration."
    )


def test_what_is_known_to_be_absent_says_why(tables):
    with pytest.raises(KeyError, match="'nulls': Nothing was rerun"):
        tables["nulls"]
