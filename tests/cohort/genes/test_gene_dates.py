"""Dates that spreadsheets made of gene names, in their languages, and the way back."""

import pytest

from deepcme.cohort.genes.gene_dates import date_like, date_notes, repair_gene_names

SYMBOLS = ["TP53", "EGFR", "ESR1", "ERBB2", "MKI67"]


def test_names_that_a_spreadsheet_turned_into_dates():
    names = ["1-Mar", "SEPT1", "Sep-03", "2023-03-01 00:00:00", "MARCH3", "DEC1", "1-Dec"]
    assert date_like(names) == ["1-Mar", "Sep-03", "2023-03-01 00:00:00", "1-Dec"]


@pytest.mark.parametrize(
    "name",
    [
        *("2-Sep", "Sep-02", "02-Sep", "2-SEP", "2-Sep-21", "02-Sep-2021", "X2.Sep"),
        *("2. Sep", "02.Sep", "2-sept.", "sept-02", "2-set", "02/set", "2. sep.", "2.syys"),
        *("2-wrz", "02.сен", "9月2日", "2021年9月2日"),
        *("2021-09-02", "2021-09-02 00:00:00", "2021/09/02", "9/2/2021"),
    ],
)
def test_september_2_in_many_languages_and_forms_is_septin_2(name):
    assert date_like([name]) == [name]
    assert repair_gene_names([*SYMBOLS, name])[0] == [*SYMBOLS, "SEPTIN2"]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        *(("3-Mar", "MARCHF3"), ("11. Mrz", "MARCHF11"), ("10-mars", "MARCHF10")),
        *(("4-mrt", "MARCHF4"), ("5. Mär", "MARCHF5"), ("6-marzo", "MARCHF6")),
        *(("1-Dec", "DELEC1"), ("1. Dez", "DELEC1"), ("1-déc", "DELEC1"), ("1-dic", "DELEC1")),
        *(("14-Sep", "SEPTIN14"), ("15-Sep", "SELENOF"), ("13-Sep", "SEPTIN7P2")),
    ],
)
def test_dates_of_one_gene_are_mended(name, symbol):
    names, notes = repair_gene_names([name, *SYMBOLS])
    assert names == [symbol, *SYMBOLS]
    assert notes == [
        "1 gene names that a spreadsheet had turned into dates got their symbol back: "
        f"{name} is {symbol}."
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("1-Mar", "MARCHF1 or MTARC1"),
        ("2023-03-02 00:00:00", "MARCHF2 or MTARC2"),
        ("3/9/2021", "MARCHF9 or SEPTIN3"),
        ("4-Oct", "no gene known"),
        ("Sep-21", "no gene known"),
    ],
)
def test_dates_of_several_genes_or_none_are_left_and_named(name, why):
    names, notes = repair_gene_names([name, *SYMBOLS])
    assert names == [name, *SYMBOLS]
    assert notes == [
        f"Warning: 1 gene names look like dates and were left as they are: {name} ({why})."
    ]


@pytest.mark.parametrize("other", ["Sep-02", "SEPTIN2", "SEPT2"])
def test_a_gene_that_would_be_there_twice_is_not_mended(other):
    names, notes = repair_gene_names(["2-Sep", other, *SYMBOLS])
    assert names == ["2-Sep", other, *SYMBOLS]
    assert "2-Sep (SEPTIN2 is there twice)" in notes[0]


def test_serial_numbers_of_days_among_symbols():
    # 2 September, 1 March and 11 March 2021; a day later in the 1904 system: no gene
    names = [*SYMBOLS, "44441", "44256", "44266"]
    assert date_like(names) == ["44441", "44256", "44266"]
    mended, notes = repair_gene_names(names)
    assert mended == [*SYMBOLS, "SEPTIN2", "44256", "MARCHF11"]
    assert "44256 (MARCHF1 or MTARC1)" in notes[1]


def test_serial_numbers_of_the_1904_system():
    # 1 and 2 September 2021; a day earlier in the 1900 system: 31 August
    mended, _ = repair_gene_names([*SYMBOLS, "42978", "42979"])
    assert mended == [*SYMBOLS, "SEPTIN1", "SEPTIN2"]


def test_serial_numbers_that_may_be_of_either_system_are_left_and_named():
    names = [*SYMBOLS, "42979", "42980"]
    mended, (note,) = repair_gene_names(names)
    assert mended == names
    assert "42979 (SEPTIN1 or SEPTIN2), 42980 (SEPTIN2 or SEPTIN3)" in note


def test_a_number_that_is_no_day_of_a_gene_leaves_the_others_dates():
    assert date_like([*SYMBOLS, "44441", "44266", "43000"]) == ["44441", "44266"]


@pytest.mark.parametrize(
    "names",
    [
        ["44441", "7157", "1956", "2099"],
        [*SYMBOLS, "44441", "44300", "44301"],
        ["44441", "ENSG00000141510", "ENSG00000146648"],
    ],
    ids=["Entrez ids", "most are no such days", "Ensembl ids"],
)
def test_other_numbers_are_no_dates(names):
    assert date_like(names) == []


@pytest.mark.parametrize(
    "name", ["SEPT2", "MARCH1", "DEC1", "LIS-1", "GEN-1", "1007_s_at", "HLA-A"]
)
def test_genes_and_probes_are_no_dates(name):
    assert date_like([name, *SYMBOLS]) == []


def test_dates_that_are_kept_are_named():
    assert date_notes(SYMBOLS) == []
    (note,) = date_notes([*SYMBOLS, "2-Sep", "1. Mrz"])
    assert note.startswith("Warning: 2 gene names look like dates")
    assert "2-Sep, 1. Mrz" in note
    assert "--repair-gene-names" in note
