"""Options that every `deepcme prepare` of one source takes, and what each of them does."""

import pandas as pd
import pytest

from deepcme import Cohort, DeepCMEError
from deepcme.cli.commands import app
from tests.sources.conftest import star_text
from tests.sources.files import written

SAMPLES = ["GSM1", "GSM2", "GSM3", "GSM4"]
GENES = {
    "TP53": [1.5, 2.5, 3.5, 4.25],
    "EGFR": [0, 1.25, 2, 3.5],
    "2-Sep": [2.5, 2.5, 0, 1.5],
    "ERBB2 /// ESR1": [5.5, 4, 3.25, 1],
}
CLINICAL = pd.DataFrame(
    {
        "relapse": ["1", "0", "1", "0"],
        "whose": ["a", "a", "b", "c"],
        "kind": ["primary tumor", "normal tissue", "primary tumor", "primary tumor"],
        "size": ["7.25", "8", "10.5", "2"],
    },
    index=pd.Index(SAMPLES, name="sample_id"),
)


def clinical_table(folder, decimal="."):
    table = CLINICAL.assign(size=CLINICAL["size"].str.replace(".", decimal))
    table.to_csv(folder / "clinical.tsv", sep="\t")
    return folder / "clinical.tsv"


def matrix_file(folder, name, first, **columns):
    matrix = pd.DataFrame(GENES, index=SAMPLES).T.rename_axis(first).assign(**columns)
    matrix.reset_index().to_csv(folder / name, sep="\t", index=False)
    return folder / name


def table(folder):
    expression = matrix_file(folder, "expression.tsv", "gene")
    return ["table", "--expression", expression, "--label", "relapse", "--samples"]


def xena(folder):
    matrix = matrix_file(folder, "x.star_fpkm.tsv", "Ensembl_ID")
    return ["xena", matrix, "--label", "relapse", "--clinical-table"]


def cbioportal(folder):
    matrix = matrix_file(folder, "data_mrna_seq_v2_rsem.txt", "Hugo_Symbol")
    return ["cbioportal", matrix, "--label", "relapse", "--clinical-table"]


def geo(folder):
    probes = "".join(
        f"{place}_at\t" + "\t".join(map(str, values)) + "\n"
        for place, values in enumerate(GENES.values())
    )
    names = "".join(f"{place}_at\t{gene}\n" for place, gene in enumerate(GENES))
    ids = "\t".join(SAMPLES)
    series = written(
        folder,
        f"!Series_geo_accession\tGSE1\n!Sample_geo_accession\t{ids}\n"
        f"!series_matrix_table_begin\nID_REF\t{ids}\n{probes}!series_matrix_table_end\n",
        "GSE1_series_matrix.txt",
    )
    platform = written(folder, f"ID\tGene Symbol\n{names}", "GPL1.txt")
    return [
        *("geo", series, "--platform-table", platform),
        *("--label", "relapse", "--clinical-table"),
    ]


def gdc(folder):
    files = folder / "files"
    files.mkdir(exist_ok=True)
    sheet = "file_id\tfile_name\tpatient\tsample\n"
    for number, sample in enumerate(SAMPLES):
        written(files, star_text([number + 1, 2 * number, 5, 1]), f"f{number}.tsv")
        sheet += f"f{number}\tf{number}.tsv\t{sample}\t{sample}\n"
    sheet = written(folder, sheet, "sheet.tsv")
    return [
        *("gdc", files, "--sample-sheet", sheet),
        *("--label", "relapse", "--clinical-table"),
    ]


SOURCES = [table, xena, cbioportal, geo, gdc]
SOURCES_THAT_NAME_GENES = [table, xena, cbioportal, geo]


def prepared(source, folder, *options, decimal="."):
    """The cohort that a command writes."""
    output = folder / "cohort.h5ad"
    arguments = [*source(folder), clinical_table(folder, decimal), "-o", output, *options]
    app(["prepare", *map(str, arguments)], standalone_mode=False)
    return Cohort.load(output)


def refused(source, folder, match, *options, decimal="."):
    with pytest.raises(DeepCMEError, match=match) as caught:
        prepared(source, folder, *options, decimal=decimal)
    assert "\n" not in str(caught.value)
    assert not (folder / "cohort.h5ad").exists()


@pytest.mark.parametrize("source", SOURCES)
def test_the_users_column_names_the_patients(tmp_path, source, capsys):
    assert prepared(source, tmp_path).patients.tolist() == SAMPLES
    assert prepared(source, tmp_path, "--patient", "whose").patients.tolist() == list("aabc")
    assert "4 samples of 3 patients" in capsys.readouterr().out


@pytest.mark.parametrize("source", SOURCES)
def test_a_column_of_patients_that_is_not_there(tmp_path, source):
    refused(source, tmp_path, "there is no column 'donor'; it has", "--patient", "donor")


@pytest.mark.parametrize("source", SOURCES)
def test_one_sample_per_patient(tmp_path, source):
    cohort = prepared(source, tmp_path, "--patient", "whose", "--one-per-patient")
    assert cohort.samples.tolist() == ["GSM1", "GSM3", "GSM4"]


def test_tissues_can_be_chosen(tmp_path):
    options = ("--tissue", "kind", "--keep-tissue", "primary")
    assert prepared(table, tmp_path, *options).samples.tolist() == ["GSM1", "GSM3", "GSM4"]


@pytest.mark.parametrize("source", SOURCES)
def test_decimal_commas_of_a_clinical_table(tmp_path, source):
    commas = {"decimal": ","}
    way_out = r"clinical\.tsv: .*the size '7,25' is not a number \(give --decimal ,"
    refused(source, tmp_path, way_out, **commas)


def test_decimal_commas_where_they_are_declared(tmp_path):
    """Of a table and its matrix; of the portals, whose matrices have points, in `--clinical-table`."""
    size = [7.25, 8, 10.5, 2]
    for source in (xena, cbioportal, geo):
        cohort = prepared(source, tmp_path, "--decimal", ",", decimal=",")
        assert cohort.obs["size"].tolist() == size
    points = matrix_file(tmp_path, "expression.tsv", "gene")
    commas = points.read_text().replace(".", ",")

    def with_commas(folder):
        arguments = table(folder)
        points.write_text(commas)
        return arguments

    cohort = prepared(with_commas, tmp_path, "--decimal", ",", decimal=",")
    assert cohort.obs["size"].tolist() == size
    assert cohort.X[:, 0].tolist() == GENES["TP53"]


@pytest.mark.parametrize("source", SOURCES_THAT_NAME_GENES)
def test_a_row_of_several_genes_is_dropped_or_goes_to_the_first(tmp_path, source):
    assert "ERBB2" not in prepared(source, tmp_path).gene_ids
    cohort = prepared(source, tmp_path, "--ambiguous", "first")
    assert cohort.gene_ids.tolist() == ["TP53", "EGFR", "2-Sep", "ERBB2"]
    assert cohort.X[:, 3].tolist() == GENES["ERBB2 /// ESR1"]


@pytest.mark.parametrize("source", SOURCES_THAT_NAME_GENES)
def test_dates_become_genes_again_where_that_is_asked_for(tmp_path, source):
    assert prepared(source, tmp_path).gene_ids.tolist() == ["TP53", "EGFR", "2-Sep"]
    cohort = prepared(source, tmp_path, "--repair-gene-names")
    assert cohort.gene_ids.tolist() == ["TP53", "EGFR", "SEPTIN2"]


@pytest.mark.parametrize("source", SOURCES_THAT_NAME_GENES)
def test_strict_refuses_what_is_warned_about_and_writes_nothing(tmp_path, source):
    """Here of the gene that became a date; mended, nothing is left to warn about."""
    refused(source, tmp_path, "Refused for 1 warning: .*2-Sep", "--strict")
    assert prepared(source, tmp_path, "--strict", "--repair-gene-names").n_samples == 4


def test_strict_has_nothing_against_a_sound_cohort(tmp_path):
    assert prepared(gdc, tmp_path, "--strict").n_samples == 4


@pytest.mark.parametrize("source", SOURCES)
def test_the_file_is_named_h5ad(tmp_path, source):
    arguments = [*source(tmp_path), clinical_table(tmp_path), "-o", tmp_path / "cohort.csv"]
    with pytest.raises(DeepCMEError, match=r"cohort\.csv: name the cohort file \.h5ad"):
        app(["prepare", *map(str, arguments)], standalone_mode=False)


@pytest.mark.parametrize("source", SOURCES)
def test_help_shows_them(source, capsys):
    app(["prepare", source.__name__, "--help"], standalone_mode=False)
    shown = capsys.readouterr().out
    for option in (
        *("--out", "--patient", "--keep-tissue", "--one-per-patient", "--decimal"),
        *("--ambiguous", "--repair-gene-names", "--strict"),
    ):
        assert option in shown
