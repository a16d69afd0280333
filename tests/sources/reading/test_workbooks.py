"""Excel workbooks: the one sheet that holds the table, its cells as text."""

import datetime

import openpyxl
import pytest

from deepcme.sources.reading.reading import read_table
from tests.sources.files import matrix_of, refused, table_of

ROWS = [["sample", "relapse", "age"], ["S1", 1, 50], ["S2", 0, 61.5], ["S3", None, "NA"]]


def workbook(folder, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "m.xlsx")
    return folder / "m.xlsx"


def test_cells_become_text_and_whole_numbers_have_no_point(tmp_path):
    columns, rows, notes = table_of(workbook(tmp_path, {"samples": ROWS}))
    assert columns == ["sample", "relapse", "age"]
    assert rows == [["S1", "1", "50"], ["S2", "0", "61.5"], ["S3", None, None]]
    assert notes == []


def test_numbers_that_are_text_with_decimal_commas(tmp_path):
    rows = [["sample", "age", "bmi"], ["S1", "50,5", 22.125], ["S2", 61, 30]]
    path = workbook(tmp_path, {"samples": rows})
    assert table_of(path, decimal=",")[1] == [["S1", "50.5", "22.125"], ["S2", "61", "30"]]
    refused(read_table, path, "S1: the age '50,5' is not a number", notes=[])


def test_a_title_above_the_header_is_passed_over_and_said(tmp_path):
    path = workbook(tmp_path, {"samples": [["Table S2. Samples"], [], *ROWS]})
    columns, rows, notes = table_of(path)
    assert (columns, len(rows)) == (["sample", "relapse", "age"], 3)
    assert notes == [
        "m.xlsx: the row 'Table S2. Samples' above the header was taken for a title."
    ]


def test_blank_rows_and_columns_are_left_out(tmp_path):
    rows = [[*row, None, " "] for row in ROWS]
    path = workbook(tmp_path, {"samples": [*rows[:2], [None, ""], *rows[2:]]})
    assert table_of(path)[:2] == (
        ["sample", "relapse", "age"],
        [["S1", "1", "50"], ["S2", "0", "61.5"], ["S3", None, None]],
    )


def test_a_column_without_a_name(tmp_path):
    """Without content it is nothing; with content nobody knows whose values it holds."""
    rows = [["gene", "S1", None, "S2"], ["A", 1, None, 2], ["B", 3, None, 4]]
    path = workbook(tmp_path, {"m": rows})
    assert matrix_of(path)[:3] == (["S1", "S2"], ["A", "B"], [[1, 3], [2, 4]])
    assert table_of(path)[0] == ["gene", "S1", "S2"]
    rows[1][2] = 9
    path = workbook(tmp_path, {"m": rows})
    refused(matrix_of, path, "column 3 has no name; name it or leave it out")
    assert table_of(path)[0] == ["gene", "S1", "column 3", "S2"]


def test_a_formula_that_no_program_has_worked_out_is_named(tmp_path):
    path = workbook(tmp_path, {"samples": [*ROWS, ["S4", "=B2", 3]]})
    refused(table_of, path, "cell B5 of the sheet 'samples' holds a formula without its value")
    refused(matrix_of, path, "cell B5 of the sheet 'samples' holds a formula without its value")


def test_the_sheet_with_the_needed_columns_is_taken(tmp_path):
    path = workbook(tmp_path, {"notes": [["a", "b"], ["x", "y"]], "samples": ROWS})
    assert read_table(path, [], needed=["relapse"]).shape == (3, 3)
    refused(table_of, path, "no single sheet of the workbook alone holds a table")
    refused(
        table_of,
        path,
        "no single sheet of the workbook has the columns grade",
        needed=["grade"],
    )


def test_a_date_is_text_as_of_a_table(tmp_path):
    path = workbook(tmp_path, {"m": [["gene", "S1"], [datetime.datetime(2023, 9, 2), 1]]})
    assert matrix_of(path)[1] == ["2023-09-02 00:00:00"]


@pytest.mark.parametrize("rows", [[], [["sample", "relapse"]]])
def test_a_workbook_without_a_table(tmp_path, rows):
    refused(table_of, workbook(tmp_path, {"m": rows}), "no sheet of the workbook holds a table")


def test_names_that_occur_twice(tmp_path):
    path = workbook(tmp_path, {"m": [["sample", "x", " x"], ["S1", 1, 2]]})
    refused(table_of, path, r"1 column id occurs more than once \(x\)")
