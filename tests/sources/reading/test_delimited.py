"""Rows of a text table: read as they stand, or refused with the row or the cell at fault."""

import math

import numpy as np
import pytest

from deepcme.sources.reading.delimited import read_rows
from deepcme.sources.reading.reading import find_text_table
from tests.sources.files import matrix_of, refused, table_of, written

MATRIX = "gene,S1,S2\nA,1,2\nB,3,4\nC,5,6\n"
VALUES = (["S1", "S2"], ["A", "B", "C"], [[1, 3, 5], [2, 4, 6]])


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize(
    ("row", "n_cells"), [("B,3", 2), ("B", 1), ("B,3,4,5", 4), ("B,3,4,", 4), ("B,3,4,,", 5)]
)
def test_a_row_of_another_length_is_named(tmp_path, separator, row, n_cells):
    path = written(tmp_path, MATRIX.replace("B,3,4", row).replace(",", separator))
    cells = f"{n_cells} cell" + ("s" if n_cells > 1 else "")
    for read in (matrix_of, table_of):
        refused(read, path, f"row 3 has {cells} where the header and the rows before it have 3")


def test_rows_are_counted_as_an_editor_counts_lines(tmp_path):
    before = "# made by hand\nTable S1\n\n"
    path = written(tmp_path, before + MATRIX.replace("\nB,3,4", "\n\nB,3"))
    refused(matrix_of, path, "row 7 has 2 cells")


@pytest.mark.parametrize("last", ["C,5", "C", "C,5\n", "C,5\n\n"])
def test_a_last_row_that_is_short_means_that_the_file_is(tmp_path, last):
    path = written(tmp_path, MATRIX.replace("C,5,6\n", last))
    for read in (matrix_of, table_of):
        refused(read, path, "the file is cut short: its last row, 4, has .* should be 3")


def test_a_last_row_that_is_long_is_not_cut_short(tmp_path):
    refused(matrix_of, written(tmp_path, MATRIX.replace("5,6", "5,6,7")), "row 4 has 4 cells")


@pytest.mark.parametrize("blank", ["\n", ",,\n", " , ,\n", "\n\n,,\n"])
def test_blank_rows_are_skipped_wherever_they_are(tmp_path, blank):
    lines = [line + "\n" for line in MATRIX.splitlines()]
    path = written(tmp_path, blank.join(lines) + blank)
    assert matrix_of(path)[:3] == VALUES


@pytest.mark.parametrize("blank", ["\n", ",,\n"])
def test_blank_rows_of_a_table_of_text_are_skipped_too(tmp_path, blank):
    path = written(tmp_path, "id,x,y\n" + blank + "a,1,2\n" + blank + "b,3,4\n" + blank)
    assert table_of(path)[1] == [["a", "1", "2"], ["b", "3", "4"]]


def test_a_row_with_an_id_alone_is_a_row(tmp_path):
    _, genes, values, _ = matrix_of(written(tmp_path, MATRIX.replace("B,3,4", "B,,")))
    assert genes == ["A", "B", "C"]
    assert math.isnan(values[0][1])


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_column_without_name_and_content_is_left_out(tmp_path, place):
    lines = [line.split(",") for line in MATRIX.splitlines()]
    text = "\n".join(",".join([*cells[:place], "", *cells[place:]]) for cells in lines) + "\n"
    path = written(tmp_path, text)
    assert matrix_of(path)[:3] == VALUES
    assert table_of(path)[0] == ["gene", "S1", "S2"]


def test_a_column_without_name_but_with_content(tmp_path):
    """Nobody knows whose values they are; in a table of samples they harm no one."""
    path = written(tmp_path, "gene,S1,,S2\nA,1,9,2\nB,3,,4\n")
    refused(matrix_of, path, "column 3 has no name; name it or leave it out")
    assert table_of(path)[0] == ["gene", "S1", "column 3", "S2"]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_quotes_around_whole_cells(tmp_path, separator):
    text = '"gene","S1","S2"\n"A","1","2"\nB,3,"4"\n"C","5",6\n'.replace(",", separator)
    assert matrix_of(written(tmp_path, text)) == (*VALUES, [])


def test_quotes_around_cells_that_hold_separators_and_quotes(tmp_path):
    text = 'sample,site\nS1,"lung, left"\nS2,"so called ""liver"""\n'
    assert table_of(written(tmp_path, text))[1] == [
        ["S1", "lung, left"],
        ["S2", 'so called "liver"'],
    ]


@pytest.mark.parametrize("cell", ['5" end', '"a', 'a"', '"', 'a "b" c', '"a" b'])
def test_a_quote_in_a_tab_separated_file_is_a_character(tmp_path, cell):
    """Else what stands between two such quotes, rows and all, would be one cell."""
    text = f"sample\tsite\tgrade\nS1\t{cell}\t1\nS2\tb\t2\nS3\t{cell}\t3\n"
    path = written(tmp_path, text)
    assert table_of(path)[1] == [["S1", cell, "1"], ["S2", "b", "2"], ["S3", cell, "3"]]
    genes = written(tmp_path, f"gene\tS1\n{cell}\t1\nB\t2\nC\t3\n", "genes.tsv")
    assert matrix_of(genes)[1] == [cell, "B", "C"]


@pytest.mark.parametrize(
    "text",
    [
        'sample,site,x\nS1,"lung,1\nS2,liver,2\nS3,"bone",3\n',
        'sample,site,x\nS1,"lung,1\nS2,liver,2\nS3,bone,3\n',
        'sample,site,x\nS1,"lung\nleft",1\nS2,liver,2\nS3,bone,3\n',
    ],
    ids=["closed in a later row", "never closed", "closed on purpose"],
)
def test_a_quote_that_swallows_the_end_of_a_line_is_refused(tmp_path, text):
    path = written(tmp_path, text)
    refused(table_of, path, "row 2: a quote opens a cell that runs over the end of the line")


def test_a_quote_that_swallows_many_rows_of_a_matrix_is_refused(tmp_path):
    rows = [f"G{i},{i},{2 * i}" for i in range(200)]
    rows[70] = '"' + rows[70]
    for closing in ('"G150",150,300', "G150,150,300"):
        text = "\n".join(["gene,S1,S2", *rows[:150], closing, *rows[151:]]) + "\n"
        path = written(tmp_path, text)
        refused(matrix_of, path, "row 72: a quote opens a cell that runs over the end")


def test_a_name_that_occurs_twice_is_refused(tmp_path):
    path = written(tmp_path, "gene,S1,S1\nA,1,2\n")
    refused(matrix_of, path, r"1 sample id occurs more than once \(S1\)")
    refused(table_of, path, r"1 column id occurs more than once \(S1\)")


NUMBERS = {
    "1": 1.0,
    "-1.5": -1.5,
    " 7 ": 7.0,
    "+2": 2.0,
    "1e3": 1000.0,
    "1.5E-2": 0.015,
    ".5": 0.5,
    "007": 7.0,
}


@pytest.mark.parametrize("cell", NUMBERS)
def test_numbers_in_every_spelling(tmp_path, cell):
    values = matrix_of(written(tmp_path, f"gene,S1,S2\nA,{cell},2\nB,3,4\n"))[2]
    np.testing.assert_allclose(values[0], [NUMBERS[cell], 3], rtol=1e-7)


@pytest.mark.parametrize("cell", ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A"])
def test_missing_cells(tmp_path, cell):
    path = written(tmp_path, f"gene,S1,S2\nA,{cell},2\nB,3,4\n")
    assert math.isnan(matrix_of(path)[2][0][0])
    assert table_of(path)[1][0] == ["A", None, "2"]


@pytest.mark.parametrize("cell", ["n.d.", "<0.1", "1 000", "0x1F", "--", "true", "1.2.3"])
def test_text_in_a_matrix_names_the_cell(tmp_path, cell):
    path = written(tmp_path, f"gene,S1,S2\nA,1,2\nB,3,{cell}\n")
    refused(matrix_of, path, f"sample S2, gene B: '{cell}' is not a number")


@pytest.mark.parametrize("cell", ["inf", "-Inf", "1e999"])
def test_an_infinite_number_names_the_cell(tmp_path, cell):
    path = written(tmp_path, f"gene,S1,S2\nA,1,2\nB,3,{cell}\n")
    refused(matrix_of, path, "sample S2, gene B: the value is infinite")


DECIMAL_COMMAS = {
    "semicolons": "gene;S1;S2\nA;7,25;2\nB;3;4,5\n",
    "tabs": "gene\tS1\tS2\nA\t7,25\t2\nB\t3\t4,5\n",
    "quotes": 'gene,S1,S2\nA,"7,25",2\nB,3,"4,5"\n',
}


@pytest.mark.parametrize("written_with", DECIMAL_COMMAS)
def test_a_decimal_comma_is_refused_or_read_where_it_is_declared(tmp_path, written_with):
    path = written(tmp_path, DECIMAL_COMMAS[written_with])
    way_out = r"'7,25' is not a number \(give --decimal ,"
    refused(matrix_of, path, f"sample S1, gene A: {way_out}")
    refused(table_of, path, f"A: the S1 {way_out}")
    assert matrix_of(path, decimal=",")[2] == [[7.25, 3], [2, 4.5]]
    assert table_of(path, decimal=",")[1] == [["A", "7.25", "2"], ["B", "3", "4.5"]]


def test_a_comma_within_words_is_no_decimal_comma(tmp_path):
    path = written(tmp_path, "sample\tsites\nS1\t1,2\nS2\tlung, liver\n")
    assert table_of(path)[1] == [["S1", "1,2"], ["S2", "lung, liver"]]


def test_the_way_out_of_a_comma_that_may_part_thousands_is_to_leave_it_out(tmp_path):
    path = written(tmp_path, 'gene,S1,S2\nA,"1,234",2\nB,3,4\n')
    refused(matrix_of, path, r"'1,234' is not a number \(write it without the comma, or give")


def test_points_between_millions_and_thousands(tmp_path):
    path = written(tmp_path, "gene,S1,S2\nA,1.234.567,2\nB,3,4\n")
    refused(matrix_of, path, r"sample S1, gene A: '1\.234\.567' is not a number")


def grouped(number, mark):
    return f"{number // 1000}{mark}{number % 1000:03}" if number >= 1000 else str(number)


def counts_with(mark, separator, random):
    counts = random.integers(100, 9_000, (30, 4)).tolist()
    rows = (
        separator.join([f"G{i}", *(grouped(n, mark) for n in row)])
        for i, row in enumerate(counts)
    )
    return separator.join(["gene", "S1", "S2", "S3", "S4"]) + "\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize("mark", [".", ","])
def test_a_mark_between_thousands_beside_plain_numbers_is_refused(tmp_path, random, mark):
    """Read as fractions, 5.639 would be less than 262: the order would be lost."""
    path = written(tmp_path, counts_with(mark, "\t", random))
    refused(matrix_of, path, r"sample S\d, gene G\d+: '\d[.,]\d{3}'", decimal=mark)


def test_fractions_of_three_decimals_beside_fractions_of_fewer_are_numbers(tmp_path, random):
    values = random.uniform(0, 900, (30, 4)).round(3)
    values[0] = [1, 2, 3, 4.5]
    rows = "".join(f"G{i},{','.join(map(str, row))}\n" for i, row in enumerate(values.tolist()))
    read = matrix_of(written(tmp_path, f"gene,S1,S2,S3,S4\n{rows}"))[2]
    np.testing.assert_allclose(read, values.T, rtol=1e-6)


def test_ids_and_words_stay_text(tmp_path):
    path = written(tmp_path, "sample,code\n007,1e3\n008,TRUE\n")
    assert table_of(path)[1] == [["007", "1e3"], ["008", "TRUE"]]
    assert matrix_of(written(tmp_path, "gene,007\n08,1\n"))[:2] == (["007"], ["08"])


def test_rows_are_read_as_text_with_none_for_missing(tmp_path):
    table = read_rows(find_text_table(written(tmp_path, "a,b\nx,NA\ny,2\n"), []))
    assert table["b"].tolist() == [None, "2"]
