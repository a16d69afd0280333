"""Tables become a cohort, or one sentence says why not."""

import gzip
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables

COLUMNS = TableColumns(label="relapse", patient="patient_id")


def edit(path, old, new, count=1):
    path.write_text(path.read_text().replace(old, new, count))


def refused(tables, match, columns=COLUMNS, **options):
    with pytest.raises(DeepCMEError, match=match) as caught:
        cohort_from_tables(*tables, columns, **options)
    assert "\n" not in str(caught.value)


def test_two_tables_make_a_cohort(tables):
    cohort = cohort_from_tables(*tables, COLUMNS)
    assert (cohort.n_samples, cohort.n_patients, cohort.n_genes, cohort.n_positives) == (
        30,
        15,
        5,
        10,
    )
    assert cohort.gene_ids.tolist() == ["A1", "B2", "C3", "D4", "E5"]
    assert cohort.obs["age"].tolist() == list(range(40, 70))
    assert cohort.obs["site"].tolist()[:2] == ["north", "south"]
    assert "relapse = 1" in cohort.endpoint
    expected = pd.read_csv(tables[0], index_col=0).to_numpy(dtype=np.float32)
    np.testing.assert_array_equal(cohort.X, expected)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize("transposed", [False, True])
def test_any_format_and_orientation_gives_the_same_cohort(tables, tmp_path, suffix, transposed):
    expected = cohort_from_tables(*tables, COLUMNS)
    matrix = pd.read_csv(tables[0], index_col=0)
    matrix = matrix.T.rename_axis("gene") if transposed else matrix
    path = tmp_path / f"other{suffix}"
    if suffix == ".parquet":
        matrix.to_parquet(path)
    else:
        matrix.to_csv(path, sep="\t" if suffix == ".tsv" else ",")
    cohort = cohort_from_tables(path, tables[1], COLUMNS)
    assert cohort.fingerprint == expected.fingerprint
    assert any(("columns" if transposed else "rows") in note for note in cohort.notes)


def test_semicolons_a_byte_order_mark_and_rs_header_are_read(tables, tmp_path):
    expected = cohort_from_tables(*tables, COLUMNS)
    text = tables[0].read_text()
    (tmp_path / "semicolon.csv").write_text("\ufeff" + text.replace(",", ";"), encoding="utf-8")
    (tmp_path / "r.tsv").write_text(text.replace("sample_id,", "", 1).replace(",", "\t"))
    for name in ("semicolon.csv", "r.tsv"):
        cohort = cohort_from_tables(tmp_path / name, tables[1], COLUMNS)
        assert cohort.fingerprint == expected.fingerprint


def test_ids_stay_text(tables):
    for path in tables:
        path.write_text(path.read_text().replace("S0", "00"))
    cohort = cohort_from_tables(*tables, COLUMNS)
    assert cohort.samples[0] == "000"


def test_columns_called_as_ours_and_as_those_of_an_earlier_cohort_are_kept(tables):
    samples = pd.read_csv(tables[1]).assign(batch="first", batch_in_file="second")
    samples.to_csv(tables[1], index=False)
    obs = cohort_from_tables(*tables, COLUMNS).obs
    assert set(obs["batch_in_file"]) == {"first"}
    assert set(obs["batch_in_file 2"]) == {"second"}


def test_a_gene_called_na_is_a_gene(tables):
    edit(tables[0], "A1", "NA")
    assert "NA" in cohort_from_tables(*tables, COLUMNS).gene_ids


def test_other_columns_can_be_chosen(tables):
    columns = TableColumns(
        label="relapse", tissue="site", batch="site", where=(("site", "north"),)
    )
    cohort = cohort_from_tables(*tables, columns)
    spelled = replace(columns, where=(("Site", " north"),))
    assert cohort_from_tables(*tables, spelled).n_samples == 15
    assert cohort.n_samples == 15
    assert set(cohort.obs["batch"]) == {"north"}
    assert cohort.n_patients == 15
    assert [step.step for step in cohort.flow] == [
        "read",
        "only samples with site = north",
        "labelled",
    ]
    assert any("its own patient" in note for note in cohort.notes)


@pytest.mark.parametrize("name", ["kind", "tissue"])
def test_a_column_that_holds_words_for_tissue_is_proposed_as_the_file_calls_it(tables, name):
    samples = pd.read_csv(tables[1])
    samples[name] = ["Tumor", "Normal"] * 15
    samples.to_csv(tables[1], index=False)
    cohort = cohort_from_tables(*tables, COLUMNS)
    assert set(cohort.obs["tissue"]) == {"unknown"}
    (note,) = [note for note in cohort.notes if "--tissue" in note]
    assert note.startswith(f"The column {name!r} holds words for tissue (Tumor, Normal)")
    assert note.endswith(f"--tissue {name}.")
    given = replace(COLUMNS, tissue=name)
    cohort = cohort_from_tables(*tables, given)
    assert set(cohort.obs["tissue"]) == {"primary", "normal"}
    assert not any("--tissue" in note for note in cohort.notes)


def with_barcodes(tables, *patients):
    """Two samples of each of 15 people of TCGA, and what the table says of the first three."""
    for path in tables:
        text = path.read_text()
        for i in range(30):
            text = text.replace(
                f"S{i:02d}", f"TCGA-A1-A0{i // 2:02d}-{'01' if i % 2 else '11'}A"
            )
        path.write_text(text)
    samples = pd.read_csv(tables[1])
    samples["patient_id"] = samples["sample_id"].str[:12]
    samples.loc[: len(patients) - 1, "patient_id"] = patients
    samples.to_csv(tables[1], index=False)


def test_a_blank_or_shortened_patient_is_that_of_the_barcode(tables):
    with_barcodes(tables, None, "TCGA-A1-A000", "A001")
    assert cohort_from_tables(*tables, COLUMNS).n_patients == 15


def test_another_patient_than_the_barcodes_is_refused(tables):
    with_barcodes(tables, "TCGA-ZZ-9999")
    refused(tables, r"samples.csv: TCGA-A1-A000-11A is stated to be of TCGA-ZZ-9999")


def test_a_column_called_patient_is_proposed_as_the_file_calls_it(tables):
    samples = pd.read_csv(tables[1]).rename(columns={"patient_id": "patient"})
    samples.to_csv(tables[1], index=False)
    cohort = cohort_from_tables(*tables, replace(COLUMNS, patient=None))
    assert any(note.endswith("give it with --patient patient.") for note in cohort.notes)


def test_first_column_holds_the_samples_where_none_is_called_sample_id(tables):
    edit(tables[1], "sample_id", "specimen")
    assert cohort_from_tables(*tables, COLUMNS).n_samples == 30


def test_counted_and_said_but_not_refused(tables):
    matrix = pd.read_csv(tables[0], index_col=0).rename(columns={"B2": "1-Sep", "D4": "Sep-03"})
    matrix.iloc[0, 0] = np.nan
    matrix["E5"] = np.nan
    matrix.to_csv(tables[0])
    samples = pd.read_csv(tables[1])
    samples["relapse"] = samples["relapse"].astype(object)
    samples.loc[1, "relapse"] = None
    samples.loc[2, "patient_id"] = None
    samples.to_csv(tables[1], index=False)
    cohort = cohort_from_tables(*tables, COLUMNS)
    notes = " ".join(cohort.notes)
    assert "1 samples with a blank relapse were left out" in notes
    assert "1 sample with a blank patient_id counts as its own patient" in notes
    assert "1 genes without a single value were dropped" in notes
    assert "2 gene names look like dates" in notes
    assert "1-Sep, Sep-03" in notes
    assert cohort.gene_ids.tolist() == ["A1", "1-Sep", "C3", "Sep-03"]
    assert (cohort.n_samples, cohort.patients[1]) == (29, "S02")


@pytest.mark.parametrize(
    "words", [("yes", "no"), ("True", "False"), ("1.0", "0.0"), ("YES", "NO")]
)
def test_labels_in_words(tables, words):
    samples = pd.read_csv(tables[1])
    samples["relapse"] = samples["relapse"].map({1: words[0], 0: words[1]})
    samples.to_csv(tables[1], index=False)
    assert cohort_from_tables(*tables, COLUMNS).n_positives == 10


def test_missing_file(tables, tmp_path):
    refused((tmp_path / "none.csv", tables[1]), r"none\.csv: there is no such file")


def test_empty_file_and_header_alone(tables):
    tables[0].write_text("")
    refused(tables, "expression.csv: the file is empty")
    tables[0].write_text("sample_id,A1,B2\n")
    refused(tables, "expression.csv: the matrix is empty")


def test_the_name_of_a_file_does_not_matter(tables, tmp_path):
    expected = cohort_from_tables(*tables, COLUMNS)
    path = tmp_path / "matrix.docx"
    path.write_bytes(tables[0].read_bytes())
    assert cohort_from_tables(path, tables[1], COLUMNS).fingerprint == expected.fingerprint
    path.write_text("x")
    refused((path, tables[1]), r"matrix\.docx: only one column was found \(x\)")


def test_text_in_the_matrix_is_located(tables):
    matrix = pd.read_csv(tables[0], index_col=0, dtype=str)
    matrix.loc["S07", "C3"] = "n.d."
    matrix.to_csv(tables[0])
    refused(tables, r"expression\.csv: sample S07, gene C3: 'n\.d\.' is not a number")
    matrix.T.to_csv(tables[0])
    refused(tables, r"expression\.csv: sample S07, gene C3: 'n\.d\.' is not a number")


@pytest.mark.parametrize("word", ["inf", "-inf"])
def test_infinity_is_located(tables, word):
    matrix = pd.read_csv(tables[0], index_col=0, dtype=str)
    matrix.loc["S07", "C3"] = word
    matrix.to_csv(tables[0])
    refused(tables, r"expression\.csv: sample S07, gene C3: the value is infinite")


def test_a_negative_fpkm_becomes_0_and_is_counted(tables):
    matrix = pd.read_csv(tables[0], index_col=0)
    matrix.loc["S07", "C3"] = -1.5
    matrix.to_csv(tables[0])
    cohort = cohort_from_tables(*tables, COLUMNS, scale="fpkm")
    assert cohort.X[7, 2] == 0
    assert any("1 negative values (0.7%) became 0" in note for note in cohort.notes)


def test_duplicate_ids(tables):
    edit(tables[0], "B2", "A1")
    refused(tables, r"expression\.csv: 1 gene id occurs more than once \(A1\)")
    edit(tables[1], "S03", "S04")
    refused(tables, r"samples\.csv: 1 sample id occurs more than once \(S04\)")


def test_samples_in_one_table_only(tables):
    edit(tables[0], "S03", "S93")
    refused(tables, r"1 sample of .*expression\.csv is not in .*samples\.csv \(S93\)")


@pytest.mark.parametrize("dash", ["-", "."])
def test_what_r_named_as_a_repeated_column_goes_with_its_label(tables, dash):
    """The matrix holds one sample more, X.1 beside X; the table lists X alone."""
    ids = [f"TCGA-A1-A0{i:02d}-01A".replace("-", dash) for i in range(29)]
    matrix = pd.read_csv(tables[0], index_col=0)
    matrix.set_axis([*ids, f"{ids[3]}.1"], axis=0).rename_axis("id").to_csv(tables[0])
    samples = pd.read_csv(tables[1]).iloc[:29].assign(sample_id=ids)
    samples.to_csv(tables[1], index=False)
    cohort = cohort_from_tables(*tables, TableColumns(label="relapse"))
    assert cohort.samples.tolist() == ids
    np.testing.assert_allclose(cohort.X, matrix.iloc[:29], rtol=1e-6)
    assert any("TCGA" in note and note.startswith("Warning: 1 sample") for note in cohort.notes)


def test_no_common_sample(tables):
    for i in range(30):
        edit(tables[0], f"S{i:02d}", f"T{i:02d}")
    refused(tables, "share no sample id")


def test_single_class(tables):
    columns = TableColumns(label="relapse", where=(("relapse", "0"),))
    refused(tables, "relapse = 0: none of the 10 positive samples is left", columns)


def test_labels_that_are_all_blank_or_all_the_same_name_the_file_that_holds_them(tables):
    samples = pd.read_csv(tables[1])
    samples.assign(relapse=None).to_csv(tables[1], index=False)
    refused(tables, r"samples\.csv: No sample can be labelled by relapse: 30 with a blank")
    samples.assign(relapse=1).to_csv(tables[1], index=False)
    refused(tables, r"samples\.csv: All 30 samples that relapse labels are of one class")


def test_a_separator_at_the_end_of_every_row_does_not_shift_the_labels(tables):
    """Taken for R's row names, the column after the label would be the label."""
    expected = cohort_from_tables(*tables, COLUMNS)
    samples = pd.read_csv(tables[1])
    samples["er"] = 1 - samples["relapse"]
    lines = samples.to_csv(index=False).splitlines()
    tables[1].write_text("\n".join([lines[0], *(f"{line}," for line in lines[1:])]) + "\n")
    cohort = cohort_from_tables(*tables, COLUMNS)
    assert cohort.labels.tolist() == expected.labels.tolist()
    assert cohort.obs["er"].tolist() == (1 - expected.labels).tolist()


@pytest.mark.parametrize("space", [" ", "\u00a0", "  ", "\u200b"])
def test_spaces_about_the_ids_of_samples_and_patients_do_not_count(tables, space):
    expected = cohort_from_tables(*tables, COLUMNS)
    samples = pd.read_csv(tables[1])
    samples["sample_id"] = samples["sample_id"] + space
    samples.loc[0, "patient_id"] = samples.loc[0, "patient_id"] + space
    samples.to_csv(tables[1], index=False)
    cohort = cohort_from_tables(*tables, COLUMNS)
    assert cohort.samples.tolist() == expected.samples.tolist()
    assert cohort.patients.tolist() == expected.patients.tolist()
    assert "samples.csv: spaces were taken out of 30 sample ids" in " ".join(cohort.notes)


@pytest.mark.parametrize("word", ["unknown", "NA", "not available", "[Not Available]", "--"])
def test_patients_that_nobody_knows_are_not_one_person(tables, word):
    samples = pd.read_csv(tables[1])
    samples.loc[:3, "patient_id"] = word
    samples.to_csv(tables[1], index=False)
    cohort = cohort_from_tables(*tables, COLUMNS)
    assert cohort.patients.tolist()[:4] == ["S00", "S01", "S02", "S03"]
    assert cohort.n_patients == 4 + 13
    (note,) = [note for note in cohort.notes if "4 samples with a blank patient_id" in note]
    assert note.startswith("Warning") and "count as their own patient, while others" in note


def test_barcodes_in_plain_tables_tell_patient_and_tissue(tables):
    barcodes = [f"TCGA-A1-{i // 2:04d}-{'11A' if i % 2 else '01A'}" for i in range(30)]
    for path in tables:
        text = path.read_text()
        for i, barcode in enumerate(barcodes):
            text = text.replace(f"S{i:02d},", f"{barcode},")
        path.write_text(text)
    cohort = cohort_from_tables(*tables, TableColumns(label="relapse"))
    assert cohort.patients.tolist()[:3] == ["TCGA-A1-0000", "TCGA-A1-0000", "TCGA-A1-0001"]
    assert cohort.obs["tissue"].tolist() == ["primary", "normal"] * 15


@pytest.mark.parametrize("cell", ["", "1"])
def test_labels_of_no_use_are_the_fault_of_the_samples_table(tables, cell):
    table = pd.read_csv(tables[1], dtype=str).assign(relapse=cell)
    table.to_csv(tables[1], index=False)
    refused(tables, r"^\S+samples\.csv: (No sample can be|All 30 samples that relapse)")


def test_values_of_no_use_are_the_fault_of_the_expression(tables):
    (pd.read_csv(tables[0], index_col=0) - 30).to_csv(tables[0])
    refused(tables, r"^\S+expression\.csv: (?!.*expression\.csv: )", scale="fpkm")


def test_a_column_beside_the_label_in_another_case_is_doubtful(tables):
    table = pd.read_csv(tables[1])
    table.assign(Relapse=1 - table["relapse"]).to_csv(tables[1], index=False)
    notes = cohort_from_tables(*tables, COLUMNS).notes
    assert [note for note in notes if note.startswith("Warning: 'relapse' was read, and not")]


def test_label_that_is_not_binary(tables):
    refused(tables, "the label 'age' is not binary: it holds 40, 41", TableColumns(label="age"))


def test_a_column_or_value_that_is_not_there(tables):
    refused(
        tables,
        r"samples\.csv: there is no column 'grade'; it has sample_id, patient_id, relapse",
        TableColumns(label="grade"),
    )
    columns = TableColumns(label="relapse", where=(("site", "east"),))
    refused(tables, "no sample has site = east; the column holds north, south", columns)


def test_a_last_row_that_is_cut_short(tables):
    tables[0].write_text(tables[0].read_text().rstrip().rpartition(",")[0])
    refused(
        tables,
        r"expression\.csv: the file is cut short: its last row, 31, has 5 cells where there "
        "should be 6",
    )


def test_a_gzip_cut_short(tables, tmp_path):
    path = tmp_path / "cut.csv.gz"
    whole = gzip.compress(tables[0].read_bytes())
    path.write_bytes(whole[: len(whole) // 2])
    refused((path, tables[1]), "damaged or cut short")


def test_broken_parquet(tables, tmp_path):
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    refused((path, tables[1]), "not a readable Parquet file")


@pytest.mark.shared
def test_van_t_veer(shared_data):
    folder = shared_data / "veer2002_symbols"
    cohort = cohort_from_tables(
        folder / "expression.parquet",
        folder / "samples.csv",
        TableColumns(label="metastasis", patient="patient_id"),
    )
    assert (cohort.n_samples, cohort.n_genes, cohort.n_positives) == (97, 12211 - 136, 46)
    notes = " ".join(cohort.notes)
    assert "18,169 values are missing; 136 genes without a single value" in notes
    assert "8 gene names look like dates" in notes


@pytest.mark.shared
def test_rotterdam(shared_data):
    folder = shared_data / "vdx_gse2034_gse5327_150_symbols"
    cohort = cohort_from_tables(
        folder / "expression.parquet",
        folder / "samples.csv",
        TableColumns(label="metastasis", patient="patient_id", batch="batch"),
    )
    assert (cohort.n_samples, cohort.n_genes, cohort.n_positives) == (142, 657, 43)
    assert set(cohort.obs["batch"]) == {"VDX", "VDXN"}
