"""Several rows of one id become one row, and its cells can be taken apart again."""

import pandas as pd

from deepcme.cohort.endpoints.records import agreed, one_row_each, records, records_of


def rows(ids, **columns):
    return pd.DataFrame(columns, index=ids, dtype=object)


def test_records_keep_their_order_and_their_gaps_in_every_column():
    one = one_row_each(
        rows(list("aba"), day=["100", "50", "300"], event=[None, "1", "1"], sex=["f", "m", "f"])
    )
    assert one.index.tolist() == ["a", "b"]
    assert one.loc["a"].tolist() == ["100 | 300", "NA | 1", "f"]
    assert one.loc["b"].tolist() == ["50", "1", "m"]


def test_rows_that_repeat_another_are_no_further_record():
    one = one_row_each(rows(list("aaa"), day=["1", "1", "2"], event=["0", "0", "1"]))
    assert one.loc["a"].tolist() == ["1 | 2", "0 | 1"]


def test_columns_may_be_called_as_pandas_calls_an_index():
    one = one_row_each(rows(list("aa"), index=["1", "1"], level_0=["2", "3"]))
    assert one.loc["a"].tolist() == ["1", "2 | 3"]


def test_rows_of_ids_that_do_not_repeat_stay_as_they_are():
    table = rows(list("ab"), day=[1.5, None])
    pd.testing.assert_frame_equal(one_row_each(table), table)


def test_numbers_and_blanks_are_records_too():
    one = one_row_each(pd.DataFrame({"x": [1.0, 2.0, None, None]}, index=list("aabb")))
    assert one["x"].tolist() == ["1.0 | 2.0", None]


def test_a_cell_is_taken_apart_where_records_meet_and_nowhere_else():
    assert records("100 | NA | unknown | 300") == ["100", None, None, "300"]
    assert records("Bone|Liver") == ["Bone|Liver"]
    assert records(7) == [7]
    assert records(None) == [None]
    found = records_of(pd.Series(["0 | 1", "0"], index=list("ab")))
    assert (found.index.tolist(), found.tolist()) == (["a", "a", "b"], ["0", "1", "0"])


def test_records_that_agree_are_one_value():
    cells = pd.Series(["NA | 500", "1 | 2", "x|y", None, 3])
    assert agreed(cells).tolist() == ["500", "1 | 2", "x|y", None, 3]
