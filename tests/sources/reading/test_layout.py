"""Where a table begins, what separates its cells, and whose names its columns bear."""

import pytest

from tests.sources.files import matrix_of, refused, table_of, written

MATRIX = "gene,S1,S2\nA,1,2\nB,3,4\n"
VALUES = (["S1", "S2"], ["A", "B"], [[1, 3], [2, 4]])


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("name", ["m.csv", "m.tsv", "m.txt", "m"])
def test_the_separator_is_told_by_the_rows(tmp_path, separator, name):
    path = written(tmp_path, MATRIX.replace(",", separator), name)
    assert matrix_of(path) == (*VALUES, [])
    assert table_of(path)[0] == ["gene", "S1", "S2"]


@pytest.mark.parametrize("separator", ["|", " ", ":"])
def test_other_separators_are_refused(tmp_path, separator):
    path = written(tmp_path, MATRIX.replace(",", separator))
    refused(
        matrix_of, path, "only one column was found.*separated by tabs, commas or semicolons"
    )


def test_commas_within_cells_do_not_separate_where_tabs_do(tmp_path):
    path = written(tmp_path, "sample\tsite\nS1\tlung, left\nS2\tliver, right lobe\n")
    assert table_of(path)[1] == [["S1", "lung, left"], ["S2", "liver, right lobe"]]


@pytest.mark.parametrize(
    "before",
    [
        "sep=,\n",
        '"sep=,"\n',
        "SEP=,\n",
        "sep=\u0159\n",
        "\n\n",
        ",,\n" * 12,
        "# made by hand\n#\n",
        "#\n\nsep=,\n",
    ],
)
def test_lines_before_the_header_that_say_nothing(tmp_path, before):
    assert matrix_of(written(tmp_path, before + MATRIX)) == (*VALUES, [])


def test_the_separator_that_a_line_tells_goes_before_the_one_that_fits(tmp_path):
    path = written(tmp_path, "sep=;\nsample;site\nS1;a,b,c\nS2;d,e,f\n")
    assert table_of(path)[1] == [["S1", "a,b,c"], ["S2", "d,e,f"]]


@pytest.mark.parametrize("title", ["Table S1. Expression\n", "Table S1. Expression,,\n\n"])
def test_a_title_is_passed_over_and_said(tmp_path, title):
    path = written(tmp_path, title + MATRIX)
    assert matrix_of(path) == (
        *VALUES,
        ["m.csv: the line 'Table S1. Expression' before the header was taken for a title."],
    )


@pytest.mark.parametrize("n", [1, 2, 3])
def test_separators_at_the_end_of_every_row(tmp_path, n):
    """They must not be taken for R's row names: labels and genes would shift by one."""
    said = ["m.csv: the empty cells at the end of every row were left out."]
    path = written(
        tmp_path, MATRIX.replace("2\n", f"2{',' * n}\n").replace("4\n", f"4{',' * n}\n")
    )
    path.write_text(path.read_text().replace(f"S2{',' * n}", "S2"))
    assert matrix_of(path) == (*VALUES, said)
    assert table_of(path) == (
        ["gene", "S1", "S2"],
        [["A", "1", "2"], ["B", "3", "4"]],
        said,
    )


def test_separators_at_the_end_of_every_row_and_of_the_header(tmp_path):
    path = written(tmp_path, MATRIX.replace("\n", ",\n"))
    assert matrix_of(path) == (*VALUES, [])


@pytest.mark.parametrize("row", [2, 3])
def test_a_separator_at_the_end_of_some_rows_is_refused(tmp_path, row):
    lines = MATRIX.splitlines()
    lines[row - 1] += ","
    path = written(tmp_path, "\n".join(lines) + "\n")
    refused(matrix_of, path, f"row {row} has 4 cells where the header .* have 3")
    refused(table_of, path, f"row {row} has 4 cells where the header .* have 3")


def test_rs_row_names(tmp_path):
    """`write.table` leaves the name of the row ids out, `write.csv` leaves it blank."""
    for header in ("S1,S2", ",S1,S2", '"","S1","S2"'):
        path = written(tmp_path, MATRIX.replace("gene,S1,S2", header))
        *read, notes = matrix_of(path)
        assert read == [*VALUES]
        assert ["R's row names" in note for note in notes] == [True] * (header == "S1,S2")
        assert table_of(path)[:2] == (["row", "S1", "S2"], [["A", "1", "2"], ["B", "3", "4"]])


def test_rs_row_names_of_a_single_column(tmp_path):
    assert matrix_of(written(tmp_path, "S1\nA,1\nB,3\n"))[:2] == (["S1"], ["A", "B"])


@pytest.mark.parametrize(
    "rows",
    ["A,1,2\nA,3,4\n", "A,1,2\n,3,4\n", "0.5,1,2\n0.7,3,4\n"],
    ids=["an id repeats", "an id is blank", "numbers"],
)
def test_what_is_not_taken_for_rs_row_names(tmp_path, rows):
    path = written(tmp_path, f"S1,S2\n{rows}")
    refused(matrix_of, path, "row 2 has 3 cells where the header and the rows before it have 2")


def test_row_names_that_repeat_far_below_are_refused(tmp_path):
    rows = "".join(f"G{i},{i}\n" for i in range(30))
    refused(
        table_of, written(tmp_path, f"S1\n{rows}G3,1\n"), "does not hold a row name for each"
    )


@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_line_break_within_a_header_cell_is_a_space(tmp_path, separator):
    text = 'gene,"Sample\n1","Sample\r\n2"\nA,1,2\nB,3,4\n'.replace(",", separator)
    path = written(tmp_path, text)
    assert matrix_of(path)[:3] == (["Sample 1", "Sample 2"], ["A", "B"], [[1, 3], [2, 4]])
    assert table_of(path)[0] == ["gene", "Sample 1", "Sample 2"]


@pytest.mark.parametrize("text", ["#a\n\n#b\n", "\n", ",,", ",,\n" * 20, ' \t\n"\t'])
def test_a_file_without_a_header(tmp_path, text):
    refused(table_of, written(tmp_path, text), "no line names the columns|has a header but no")


def test_a_header_alone(tmp_path):
    path = written(tmp_path, "gene,S1,S2\n")
    refused(table_of, path, "the table has a header but no rows")
    refused(matrix_of, path, "the matrix is empty")
