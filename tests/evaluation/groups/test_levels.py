"""How patients are divided by what was known of them at the start."""

import numpy as np
import pandas as pd

from deepcme.evaluation.groups.levels import divide_by_columns


def divided(n=60, **columns):
    samples = [f"S{i}" for i in range(n)]
    return divide_by_columns(pd.DataFrame({"sample": samples, **columns}))


def test_words_and_few_values_are_levels_as_they_are():
    grade = [1.0, 2.0, 3.0] * 20
    levels = divided(er=["negative", "positive", None] * 20, grade=grade)
    assert levels.described == ("er", "grade")
    assert set(levels.of_sample["grade"]) == {"1", "2", "3"}
    assert levels.of_sample["er"].isna().sum() == 20
    assert levels.of_sample.index[0] == "S0"


def test_a_column_that_is_the_cohort_left_out_by_another_name_is_not_taken():
    samples = [f"S{i}" for i in range(60)]
    table = pd.DataFrame(
        {"sample": samples, "treat": [1.0, 2.0] * 30, "er": ["a", "a", "b"] * 20}
    )
    levels = divide_by_columns(table, pd.Series(["north", "south"] * 30))
    assert levels.described == ("er",)
    assert levels.left_out == ("treat (one level in each cohort left out)",)


def test_age_is_cut_at_50_and_other_numbers_at_their_median():
    size = np.arange(60) / 10
    levels = divided(age=np.linspace(30, 80, 60), size_cm=size)
    assert levels.described == ("age (at 50)", "size_cm (at 2.95)")
    assert levels.of_sample["age"].tolist()[::59] == ["below 50", "50 or more"]
    assert levels.of_sample["size_cm"].value_counts().tolist() == [30, 30]


def test_a_published_index_has_its_published_groups():
    index = np.r_[
        np.full(10, 3.4), np.linspace(3.42, 5.4, 30), np.linspace(5.42, 7, 19), np.nan
    ]
    levels = divided(**{"nottingham-index": index})
    assert levels.described == ("nottingham-index (at 3.4 and 5.4)",)
    assert levels.of_sample["nottingham-index"].value_counts().to_dict() == {
        "moderate": 30,
        "poor": 19,
        "good": 10,
    }


def test_age_is_cut_at_its_median_where_nearly_all_are_above_50():
    assert divided(age_years=np.linspace(48, 90, 60)).described == ("age_years (at 69)",)


def test_many_samples_at_the_median_are_on_the_side_that_divides_more_evenly():
    size = np.r_[np.full(31, 2.0), np.arange(29) / 10 + 3]
    assert divided(size=size).of_sample["size"].value_counts().to_dict() == {
        "below 3": 31,
        "3 or more": 29,
    }


def test_unknown_numbers_stay_unknown():
    age = np.r_[np.nan, np.linspace(30, 80, 59)]
    assert divided(age=age).of_sample["age"].isna().sum() == 1


def test_what_divides_as_another_column_or_in_too_many_is_left_out_with_the_reason():
    site = ["a", "b"] * 30
    levels = divided(site=site, cohort=["x", "y"] * 30, plate=[f"p{i % 7}" for i in range(60)])
    assert levels.described == ("site",)
    assert levels.left_out == ("cohort (divides them as site does)", "plate (7 levels)")


def test_after_eight_columns_no_more_are_taken(random):
    columns = {f"c{i}": random.choice(["a", "b"], 60) for i in range(9)}
    levels = divided(**columns)
    assert len(levels.described) == 8
    assert levels.left_out == ("c8 (after the first 8)",)
