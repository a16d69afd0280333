"""Words: cleaned, known to say nothing, listed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcme.base.words import (
    cleaned,
    counted,
    differing_in_spelling,
    duration,
    few,
    listed,
    says_nothing,
    told_apart,
)


def test_names_that_repeat_are_told_apart_by_a_number():
    assert told_apart(["a", "b", "a", "a 2", "a"]) == ["a", "b", "a 2", "a 2 2", "a 3"]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("S1 ", "S1"),
        (" S1", "S1"),
        ("S1\u00a0", "S1"),
        ("S\u00a01", "S 1"),
        ("S  1", "S 1"),
        ("S\t1\r", "S 1"),
        ("\ufeffS1", "S1"),
        ("S1\u200b", "S1"),
        ("e\u0301", "\u00e9"),
        ("S\u00ad1", "S1"),
        ("S1\u200e", "S1"),
        ("\u202aS1\u202c", "S1"),
    ],
)
def test_spaces_of_every_kind_go(text, clean):
    assert cleaned(text) == clean


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text):
    assert cleaned(cleaned(text)) == cleaned(text)


@pytest.mark.parametrize(
    "word",
    ["", " ", "NA", "n/a", "N.A.", "nan", "null", "--", "'--", "-", "?", "Unknown", "UNK",
     "Not Reported", "not available", "[Not Available]", "[Unknown]", "unspecified", "missing",
     "not_applicable", "#N/A", "n.d."],
)  # fmt: skip
def test_words_that_say_nothing(word):
    assert says_nothing(word)


@pytest.mark.parametrize(
    "word", ["none", "no", "0", "P1", "Nathan", "Nan Goldin", "MX", "know"]
)
def test_words_that_say_something(word):
    assert not says_nothing(word)


@pytest.mark.parametrize(
    "alike",
    [
        ("P1", "p1"),
        ("MB-0001", "MB_0001", "MB.0001", "MB0001"),
        ("P-1", "P\u20131"),
        ("P1", "P1."),
        ("007", "7"),
        ("1", "1.0"),
    ],
)
def test_ids_that_may_be_one_are_named_together(alike):
    assert differing_in_spelling([*alike, "Q2"]) == [" and ".join(sorted(alike))]


@pytest.mark.parametrize("ids", [("P1-1", "P11"), ("1.01", "1.1"), ("A1", "B1"), ("10", "1")])
def test_other_ids_are_not(ids):
    assert differing_in_spelling(ids) == []


def test_a_few_of_many_are_named():
    assert few(["a", "b"]) == "a, b"
    assert few("abcd") == "a, b, c ..."


def test_counted():
    assert counted(1, "gene") == "1 gene"
    assert counted(1200, "gene") == "1,200 genes"


def test_a_name_with_a_comma_is_one_name_of_a_list():
    assert listed(["age", "grade, hist", "ER status"]) == 'age, "grade, hist", ER status'


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "0 s"),
        (7.4, "7 s"),
        (19.8, "20 s"),
        (43, "45 s"),
        (58.9, "1 min"),
        (100, "1 min 30 s"),
        (598, "10 min"),
        (3599, "1 h"),
        (7800, "2 h 10 min"),
        (35_990, "10 h"),
        (100_000, "28 h"),
    ],
)
def test_a_time_is_told_in_the_units_it_is_spoken_of(seconds, said):
    assert duration(seconds) == said
