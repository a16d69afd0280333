"""Which tumours are ER-positive is read, learned from ESR1, or taken for granted."""

import numpy as np
import pandas as pd
import pytest

from deepcme.models.signatures.er_status import fit_er_rule, read_er_status
from deepcme.models.signatures.measured import measured
from tests.models.signatures.invented import cohort

NAN = np.nan
ESR1 = np.r_[np.linspace(2, 4, 15), np.linspace(9, 11, 15)]
IS_HIGH = ESR1 > 5


def with_esr1(values=ESR1, **fields):
    X = np.column_stack([values, np.ones(len(values))])
    return measured(cohort(X, ["ESR1", "TP53"], **fields))


@pytest.mark.parametrize(
    "name",
    [
        "er",
        "ER_status",
        "er.status",
        "ER IHC",
        "estrogen_receptor_status",
        "er_status_by_ihc",
        "ERstatus",
    ],
)
def test_the_column_is_found_by_its_name(name):
    status, column = read_er_status(pd.DataFrame({"age": [50, 60], name: ["Positive", "neg"]}))
    assert column == name
    np.testing.assert_array_equal(status, [1, 0])


@pytest.mark.parametrize(
    ("cells", "status"),
    [
        ([1, 0, NAN], [1, 0, NAN]),
        ([1.0, 0.0, NAN], [1, 0, NAN]),
        (["+", "-", "?"], [1, 0, NAN]),
        (["ER positive", "Negative", "Indeterminate"], [1, 0, NAN]),
        ([True, False, True], [1, 0, 1]),
        (["Y", "N", ""], [1, 0, NAN]),
        (["Positve", "Negative", None], [1, 0, NAN]),  # as METABRIC spells it
        ([1, 0, 9], [1, 0, NAN]),
    ],
)
def test_cells_are_read_as_people_write_them(cells, status):
    np.testing.assert_array_equal(read_er_status(pd.DataFrame({"er": cells}))[0], status)


@pytest.mark.parametrize("cells", [[0, 1, 80], [1, 2, 2], ["0", "1", "8"], [0.0, 1.0, 0.5]])
def test_a_column_of_shares_scores_or_codes_is_no_status(cells):
    assert read_er_status(pd.DataFrame({"er": cells})) is None
    status, column = read_er_status(pd.DataFrame({"er": cells, "er_status": ["+", "-", "+"]}))
    assert (status.tolist(), column) == ([1, 0, 1], "er_status")


def test_a_column_that_says_nothing_of_the_kind_is_not_taken():
    assert read_er_status(pd.DataFrame({"ERp": [80, 0], "era": ["new", "old"]})) is None
    assert read_er_status(pd.DataFrame({"er": [80.0, 35.0]})) is None


def test_the_column_goes_first_and_esr1_where_it_is_silent():
    words = np.where(IS_HIGH, "positive", "negative").astype(object)
    words[0], words[15], words[29] = "positive", None, None
    of = with_esr1(clinical=pd.DataFrame({"er": words}))
    rule = fit_er_rule(of, np.arange(30))
    np.testing.assert_array_equal(rule.status(of), np.r_[True, IS_HIGH[1:]])
    assert "the column er, else ESR1 from 6.57 (where it tells the known apart best)" in (
        rule.describe()
    )


def test_without_a_column_esr1_divides_the_training_part_in_two():
    of = with_esr1()
    rule = fit_er_rule(of, np.arange(30))
    np.testing.assert_array_equal(rule.status(of), IS_HIGH)
    assert rule.describe() == (
        "ER status: ESR1 from 6.50 (where it divides the training part in two), else taken to "
        "be positive."
    )


def test_the_threshold_is_of_the_training_part_alone():
    rows = np.r_[0:10, 20:30]
    poisoned = ESR1.copy()
    poisoned[10:20] = 500.0
    assert fit_er_rule(with_esr1(poisoned), rows) == fit_er_rule(with_esr1(), rows)


def test_without_column_and_esr1_every_tumour_is_taken_to_be_positive():
    of = measured(cohort(np.eye(4), list("ABCD")))
    rule = fit_er_rule(of, np.arange(4))
    assert rule.status(of).all()
    assert rule.describe() == "ER status: taken to be positive."
