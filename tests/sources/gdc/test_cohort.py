"""GDC files become a cohort joined by gene id, or one sentence says why not."""

import gzip
import json
import shutil
from functools import partial

import numpy as np
import pandas as pd
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.sources.assembly.clinical_tables import ClinicalTable, read_clinical
from deepcme.sources.assembly.expression import GeneNaming
from deepcme.sources.assembly.labels import label_rule
from deepcme.sources.gdc.api import GDCClient
from deepcme.sources.gdc.cases import read_cases
from deepcme.sources.gdc.catalogue import project_catalogue
from deepcme.sources.gdc.cohort import cohort_from_gdc
from deepcme.sources.gdc.download import download_files
from deepcme.sources.gdc.expression import read_gdc_files
from deepcme.sources.gdc.sample_sheet import read_sample_sheet
from tests.sources.conftest import GENES, star_text

HTSEQ_SUMMARY = (
    "__no_feature\t3804802\n__ambiguous\t1994114\n__too_low_aQual\t0\n"
    "__not_aligned\t0\n__alignment_not_unique\t12600114\n"
)


@pytest.fixture
def folder(gdc, tmp_path):
    """A project as `deepcme fetch gdc` leaves it: 12 aliquots, every sixth a normal."""
    path = tmp_path / "TCGA-BRCA"
    with GDCClient(gdc.url) as client:
        catalogue = project_catalogue(client, "TCGA-BRCA")
        catalogue.save(path)
        download_files(client, catalogue.files, path)
    return path


def star(folder, name, values, genes=GENES):
    path = folder / name
    path.write_text(star_text(values, genes))
    return path


def htseq(folder, name, values, summary=HTSEQ_SUMMARY):
    path = folder / name
    genes = ("ENSG00000000003.13", "ENSG00000000005.5", "ENSGR0000002586.14")
    rows = "".join(f"{gene}\t{value}\n" for gene, value in zip(genes, values, strict=True))
    with gzip.open(path, "wt") as file:
        file.write(rows + summary)
    return path


def refused(call, match):
    with pytest.raises(DeepCMEError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_downloaded_project_becomes_a_cohort(folder):
    cohort = cohort_from_gdc(folder, label_rule("pathologic-m1"))
    assert cohort.name == "TCGA-BRCA"
    assert (cohort.n_samples, cohort.n_patients, cohort.n_positives) == (8, 8, 4)
    assert "4 samples with the pathologic stage MX were left out." in cohort.notes
    assert cohort.gene_ids.tolist() == [gene for gene, _ in GENES]
    assert cohort.symbols.tolist() == ["TSPAN6", "TNMD", "CD99", "CD99"]
    assert cohort.samples[0] == "TCGA-A0-0000-01A-11R-A32P-07"
    assert cohort.patients[0] == "TCGA-A0-0000"
    assert cohort.obs["tissue"].value_counts().to_dict() == {"primary": 8}
    assert cohort.obs["batch"].unique().tolist() == ["A32P"]
    assert cohort.scale == "fpkm"
    np.testing.assert_allclose(cohort.X[0], [0, 0.25, 0, 0.5])
    assert cohort.outcome.endpoint.name == "pathologic-m1"


@pytest.mark.parametrize(
    ("column", "scale", "divisor"),
    [("fpkm_unstranded", "fpkm", 4), ("tpm_unstranded", "tpm", 2), ("unstranded", "counts", 1)],
)
def test_any_column_of_star_files(folder, column, scale, divisor):
    cohort = cohort_from_gdc(folder, label_rule("pathologic-m1"), column=column)
    assert cohort.scale == scale
    np.testing.assert_allclose(cohort.X[1], np.array([1, 2, 10, 2]) / divisor)


def test_survival_comes_from_the_cases(folder):
    rule = label_rule("death")
    assert cohort_from_gdc(folder, rule).n_positives == 4


def test_files_are_joined_by_gene_id_and_not_by_position(tmp_path):
    first = star(tmp_path, "a.tsv", [4, 8, 12, 16])
    second = star(tmp_path, "b.tsv", [16, 12, 8, 4], GENES[::-1])
    matrix = read_gdc_files([first, second])
    assert matrix.genes == [gene for gene, _ in GENES]
    np.testing.assert_array_equal(matrix.values, [[1, 2, 3, 4], [1, 2, 3, 4]])


def test_legacy_files_are_told_apart_by_their_values(tmp_path):
    counts = read_gdc_files(
        [htseq(tmp_path, f"{i}.htseq.counts.gz", [i, 5, 0]) for i in (1, 2)]
    )
    assert (counts.scale, counts.symbols) == ("counts", None)
    assert counts.genes == ["ENSG00000000003.13", "ENSG00000000005.5", "ENSGR0000002586.14"]
    np.testing.assert_array_equal(counts.values, [[1, 5, 0], [2, 5, 0]])
    fpkm = read_gdc_files([htseq(tmp_path, "x.FPKM.txt.gz", [1.25, 0.5, 0], summary="")])
    assert fpkm.scale == "fpkm"
    np.testing.assert_array_equal(fpkm.values, [[1.25, 0.5, 0]])


def test_files_that_do_not_fit_together(tmp_path):
    whole = star(tmp_path, "a.tsv", [4, 8, 12, 16])
    fewer = star(tmp_path, "b.tsv", [4, 8, 12], GENES[:3])
    for paths in ([whole, fewer], [fewer, whole]):
        refused(partial(read_gdc_files, paths), r"^\S*b\.tsv has 3 genes and lacks 1 of the 4")
    legacy = htseq(tmp_path, "c.htseq.counts.gz", [1, 2, 3])
    refused(lambda: read_gdc_files([whole, legacy]), "different workflows")
    twice = star(tmp_path, "d.tsv", [1, 2, 3, 4], (*GENES[:3], GENES[0]))
    refused(lambda: read_gdc_files([twice]), r"d\.tsv: a gene id occurs more than once")


def test_damaged_files(tmp_path):
    path = star(tmp_path, "a.tsv", [4, 8, 12, 16])
    whole = path.read_text()
    path.write_text(whole[:-30])
    refused(lambda: read_gdc_files([path]), r"a\.tsv: the file is cut short or damaged")
    path.write_text(whole.replace("1.0000", "1,0000"))
    refused(lambda: read_gdc_files([path]), r"a\.tsv: .*'1,0000' is not a number as the GDC")
    path.write_text(whole.replace("fpkm_unstranded", "rpkm"))
    refused(lambda: read_gdc_files([path]), r"a\.tsv: there is no column 'fpkm_unstranded'")
    path.write_text("one\ntwo\n")
    refused(lambda: read_gdc_files([path]), "neither a STAR nor an HTSeq")
    path.write_text("")
    refused(lambda: read_gdc_files([path]), r"a\.tsv: the file is empty")
    legacy = htseq(tmp_path, "c.htseq.counts.gz", [1, 2, 3])
    legacy.write_bytes(legacy.read_bytes()[:-20])
    refused(lambda: read_gdc_files([legacy]), "damaged or cut short")
    legacy = htseq(tmp_path, "d.htseq.counts.gz", [1, "", 3])
    refused(lambda: read_gdc_files([legacy]), "gene ENSG00000000005.5 has no value")


def test_an_incomplete_folder(folder, tmp_path):
    shutil.rmtree(next(path for path in folder.iterdir() if path.is_dir()))
    refused(
        lambda: cohort_from_gdc(folder, label_rule("pathologic-m1")),
        "1 of the 12 files of the sample sheet is not there; run `deepcme fetch gdc` again",
    )
    sheet = folder / "samples.tsv"
    sheet.rename(tmp_path / "mine.tsv")
    refused(
        lambda: cohort_from_gdc(folder, label_rule("pathologic-m1")),
        "nothing says which file belongs to which sample; .*--sample-sheet",
    )
    cohort = cohort_from_gdc(
        folder, label_rule("pathologic-m1"), sample_sheet=tmp_path / "mine.tsv"
    )
    warnings = [note for note in cohort.notes if note.startswith("Warning")]
    assert warnings[0].startswith("Warning: 1 file of the sample sheet (")
    assert warnings[0].endswith(") is not in the folder.")


def test_files_that_the_sheet_does_not_list_are_counted(folder):
    sheet = folder / "samples.tsv"
    *listed, last = sheet.read_text().splitlines()
    sheet.write_text("\n".join(listed) + "\n")
    file_name = last.split("\t")[1]
    cohort = cohort_from_gdc(folder, label_rule("pathologic-m1"))
    assert (
        "1 file of the folder left out, for want of a row in the sample sheet "
        f"({file_name})." in cohort.notes
    )


def test_the_portals_sample_sheet_and_flat_folders(folder, tmp_path):
    ours = pd.read_csv(folder / "samples.tsv", sep="\t", dtype=str)
    flat = tmp_path / "flat"
    flat.mkdir()
    for row in ours.itertuples():
        shutil.copy(folder / row.file_id / row.file_name, flat)
    shutil.copy(folder / "cases.json", flat)
    sheet = tmp_path / "gdc_sample_sheet.tsv"
    pd.DataFrame(
        {
            "File ID": ours["file_id"],
            "File Name": ours["file_name"],
            "Data Category": "Transcriptome Profiling",
            "Case ID": ours["patient"],
            "Sample ID": ours["sample"],
            "Sample Type": ours["sample_type"],
        }
    ).to_csv(sheet, sep="\t", index=False)
    cohort = cohort_from_gdc(flat, label_rule("pathologic-m1"), sample_sheet=sheet)
    assert cohort.samples[0] == "TCGA-A0-0000-01A"
    assert cohort.n_samples == 8


def test_samples_of_other_programmes_have_the_patients_of_the_sheet(tmp_path):
    rows = ["file_id\tfile_name\tpatient\tsample\tsample_type"]
    for i in range(4):
        star(tmp_path, f"{i}.tsv", [i, 1, 2, 3])
        rows.append(f"id{i}\t{i}.tsv\tCASE-{i // 2}\tCASE-{i // 2}-S{i}\tMetastatic")
    (tmp_path / "samples.tsv").write_text("\n".join(rows) + "\n")
    (tmp_path / "labels.tsv").write_text(
        "sample_id\trelapse\n" + "".join(f"CASE-{i // 2}-S{i}\t{i % 2}\n" for i in range(4))
    )
    cohort = cohort_from_gdc(
        tmp_path,
        label_rule("relapse"),
        clinical=[read_clinical(tmp_path / "labels.tsv")],
    )
    assert cohort.patients.tolist() == ["CASE-0", "CASE-0", "CASE-1", "CASE-1"]
    assert set(cohort.obs["tissue"]) == {"metastatic"}


def test_two_files_of_one_sample_are_listed(tmp_path):
    rows = ["file_id\tfile_name\tpatient\tsample"]
    rows += [f"id{i}\t{i}.tsv\tTCGA-A1-0001\tTCGA-A1-0001-01A" for i in range(2)]
    (tmp_path / "samples.tsv").write_text("\n".join(rows) + "\n")
    for i in range(2):
        star(tmp_path, f"{i}.tsv", [i, 1, 2, 3])
    refused(
        lambda: cohort_from_gdc(tmp_path, label_rule("pathologic-m1")),
        r"samples\.tsv: several files of 1 sample \(TCGA-A1-0001-01A has 0\.tsv, 1\.tsv\): "
        "--repeated mean takes the mean",
    )


@pytest.mark.parametrize(("repeated", "first_gene"), [("first", 0), ("mean", 2)])
def test_several_files_of_one_sample_become_one_if_that_is_asked_for(
    tmp_path, repeated, first_gene
):
    rows = ["file_id\tfile_name\tpatient\tsample"]
    for i, patient in enumerate((1, 2, 1, 1)):
        rows.append(f"id{i}\t{i}.tsv\tTCGA-A1-000{patient}\tTCGA-A1-000{patient}-01A")
        star(tmp_path, f"{i}.tsv", [[0, 7, 2, 4][i], 1, 2, 3])
    (tmp_path / "samples.tsv").write_text("\n".join(rows) + "\n")
    clinical = ClinicalTable(
        "c.tsv", pd.DataFrame({"m": ["1", "0"]}, ["TCGA-A1-0001", "TCGA-A1-0002"]), "patient"
    )
    cohort = cohort_from_gdc(
        tmp_path,
        label_rule("m"),
        column="unstranded",
        clinical=[clinical],
        repeated=repeated,
    )
    assert cohort.samples.tolist() == ["TCGA-A1-0001-01A", "TCGA-A1-0002-01A"]
    assert cohort.labels.tolist() == [1, 0]
    np.testing.assert_array_equal(cohort.X[:, 0], [first_gene, 7])
    assert any(
        "(TCGA-A1-0001-01A has 0.tsv, 2.tsv, 3.tsv): the" in note for note in cohort.notes
    )


def test_files_of_one_sample_are_of_one_patient(tmp_path):
    rows = ["file_id\tfile_name\tpatient\tsample"]
    for i in range(2):
        rows.append(f"id{i}\t{i}.tsv\tP{i}\tS1")
        star(tmp_path, f"{i}.tsv", [i, 1, 2, 3])
    (tmp_path / "samples.tsv").write_text("\n".join(rows) + "\n")
    refused(
        lambda: cohort_from_gdc(tmp_path, label_rule("pathologic-m1"), repeated="mean"),
        r"the files of S1 are of several patients \(P0, P1\)",
    )


def portal_sheet(tmp_path, **columns):
    """The portal's sheet of today, a row per file; columns replace those given here."""
    n = len(next(iter(columns.values())))
    sheet = {
        "File ID": [f"id{i}" for i in range(n)],
        "File Name": [f"{i}.tsv" for i in range(n)],
        "Case ID": [f"C3L-{i:05d}" for i in range(n)],
        "Sample ID": [f"C3L-{i:05d}-01" for i in range(n)],
        **{name.replace("_", " "): values for name, values in columns.items()},
    }
    path = tmp_path / "gdc_sample_sheet.tsv"
    pd.DataFrame(sheet).to_csv(path, sep="\t", index=False)
    return path


@pytest.mark.parametrize(
    ("kind", "descriptor", "specimen", "tissue"),
    [
        ("Tumor", "Primary", "Solid Tissue", "primary"),
        ("Tumor", "Metastatic", "Solid Tissue", "metastatic"),
        ("Tumor", "Recurrence", "Solid Tissue", "recurrent"),
        ("Normal", "Not Applicable", "Solid Tissue", "normal"),
        ("Normal", "Primary", "Peripheral Whole Blood", "normal"),
        ("Tumor", "Primary", "3D Organoid", "model"),
        ("Tumor", "Metastatic", "Derived Cell Line", "model"),
        ("Tumor", "Not Reported", "Solid Tissue", None),
        ("Not Reported", "Metastatic", "Solid Tissue", "metastatic"),
        ("Abnormal", "Primary", "Solid Tissue", None),
        ("Tumor, Tumor", "Primary", "Solid Tissue", "primary"),
    ],
)
def test_tissue_by_the_portals_columns_of_today(tmp_path, kind, descriptor, specimen, tissue):
    path = portal_sheet(
        tmp_path, Tissue_Type=[kind], Tumor_Descriptor=[descriptor], Specimen_Type=[specimen]
    )
    assert read_sample_sheet(path, [])["tissue"].tolist() == [tissue]


def test_the_older_sample_type_says_what_the_descriptor_does_not(tmp_path):
    path = portal_sheet(tmp_path, Tumor_Descriptor=["Not Reported"], Sample_Type=["Metastatic"])
    assert read_sample_sheet(path, [])["tissue"].tolist() == ["metastatic"]


def test_values_that_stand_twice_in_a_cell_are_one(tmp_path):
    path = portal_sheet(
        tmp_path,
        Case_ID=["C3L-00000, C3L-00000", "C3L-00000"],
        Sample_ID=["C3L-00000-01, C3L-00000-02", "C3L-00000-06,C3L-00000-06"],
    )
    sheet = read_sample_sheet(path, [])
    assert sheet["patient"].tolist() == ["C3L-00000", "C3L-00000"]
    assert sheet["sample"].tolist() == ["C3L-00000-01, C3L-00000-02", "C3L-00000-06"]


def test_a_cell_that_repeats_that_nothing_is_known_is_blank(tmp_path):
    path = tmp_path / "sheet.tsv"
    rows = ["f1\ta.tsv\tNA, NA\tS1", "f2\tb.tsv\tP2\tS2"]
    path.write_text("\n".join(["file_id\tfile_name\tpatient\tsample", *rows]) + "\n")
    notes = []
    assert read_sample_sheet(path, notes)["patient"].tolist() == ["P2"]
    assert notes == ["Warning: sheet.tsv: 1 row without patient left out (a.tsv)."]


def test_values_may_stand_between_semicolons(tmp_path):
    path = portal_sheet(tmp_path, Sample_ID=["C3L-00000-01;C3L-00000-02"])
    assert read_sample_sheet(path, [])["sample"].tolist() == ["C3L-00000-01, C3L-00000-02"]


def test_spaces_around_the_names_of_files(tmp_path):
    path = portal_sheet(tmp_path, File_ID=["id0 "], File_Name=["0.tsv "])
    assert read_sample_sheet(path, []).iloc[0, :2].tolist() == ["id0", "0.tsv"]


@pytest.mark.parametrize("blank", ["", " ", "--"])
@pytest.mark.parametrize("column", ["Sample ID", "Case ID"])
def test_a_row_without_sample_or_patient_is_warned_about(tmp_path, column, blank):
    names = ["C3L-00000-01", blank, "C3L-00002-01"]
    path = portal_sheet(tmp_path, **{column.replace(" ", "_"): names})
    notes = []
    assert read_sample_sheet(path, notes)["file_name"].tolist() == ["0.tsv", "2.tsv"]
    what = {"Sample ID": "sample", "Case ID": "patient"}[column]
    assert notes == [f"Warning: {path.name}: 1 row without {what} left out (1.tsv)."]


@pytest.mark.parametrize(("repair", "genes"), [(False, "1-Dec"), (True, "DELEC1")])
def test_names_of_genes_are_mended_if_asked_for(folder, repair, genes):
    for path in folder.glob("*/*.tsv"):
        path.write_text(path.read_text().replace("ENSG00000000005.6", "1-Dec"))
    naming = GeneNaming(repair_dates=repair)
    cohort = cohort_from_gdc(folder, label_rule("pathologic-m1"), naming=naming)
    assert cohort.gene_ids.tolist()[1] == genes


def test_rows_of_several_genes_are_dropped_or_go_to_the_first(folder):
    for path in folder.glob("*/*.tsv"):
        path.write_text(path.read_text().replace("ENSG00000000005.6", "TNMD /// CD99"))
    rule = label_rule("pathologic-m1")
    assert len(cohort_from_gdc(folder, rule).gene_ids) == 3
    first = cohort_from_gdc(folder, rule, naming=GeneNaming("first"))
    assert first.gene_ids.tolist()[1] == "TNMD"


def test_a_file_of_two_patients_is_refused(tmp_path):
    path = portal_sheet(tmp_path, Case_ID=["C3L-00000, C3L-00001"])
    refused(
        lambda: read_sample_sheet(path, []),
        r"sheet\.tsv: the file 0\.tsv is of several patients",
    )


def test_the_sheet_says_for_each_sample_what_the_first_id_cannot(tmp_path):
    """A TCGA barcode first, whose patient and tissue are its own; the others are the sheet's."""
    path = portal_sheet(
        tmp_path,
        Case_ID=["TCGA-A1-0001", "CASE-7", "CASE-7", "C3L-00003"],
        Sample_ID=["TCGA-A1-0001-06A", "S1", "S2", "C3L-00003-01"],
        Tissue_Type=["Tumor", "Tumor", "Normal", "Tumor"],
        Tumor_Descriptor=["Not Reported", "Primary", "Not Applicable", "Primary"],
    )
    for i in range(4):
        star(tmp_path, f"{i}.tsv", [i, 1, 2, 3])
    (tmp_path / "labels.tsv").write_text(
        "sample_id\trelapse\nTCGA-A1-0001-06A\t1\nS1\t0\nS2\t1\nC3L-00003\t0\n"
    )
    cohort = cohort_from_gdc(
        tmp_path,
        label_rule("relapse"),
        sample_sheet=path,
        clinical=[read_clinical(tmp_path / "labels.tsv")],
    )
    assert cohort.patients.tolist() == ["TCGA-A1-0001", "CASE-7", "CASE-7", "C3L-00003"]
    assert cohort.obs["tissue"].tolist() == ["metastatic", "primary", "normal", "primary"]


def test_cases_tell_survival_and_distant_metastasis(tmp_path):
    cases = [
        {
            "submitter_id": "P1",
            "demographic": {"vital_status": "Dead", "days_to_death": 100, "race": "white"},
            "diagnoses": [{"ajcc_pathologic_m": "M0", "days_to_last_follow_up": None}],
            "follow_ups": [{"progression_or_recurrence_type": "Distant"}],
        },
        {
            "submitter_id": "P2",
            "demographic": {"vital_status": "Alive"},
            "diagnoses": [{"days_to_last_follow_up": 50, "ajcc_pathologic_m": "Not Reported"}],
            "follow_ups": [{"days_to_follow_up": 900}, {"days_to_follow_up": None}],
        },
        {"submitter_id": "P3", "demographic": None},
        {
            "submitter_id": "P4",
            "demographic": {"vital_status": "Alive"},
            "diagnoses": [{"days_to_last_follow_up": "900"}],
            "follow_ups": [{"days_to_follow_up": "soon"}],
        },
    ]
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(cases))
    rows = read_cases(path).rows
    assert rows.loc["P1", "distant_metastasis_recorded"] == "yes"
    assert rows.loc["P1", ["death", "overall_survival_days"]].tolist() == [1, 100]
    assert rows.loc["P2", ["death", "overall_survival_days"]].tolist() == [0, 900]
    assert rows.loc["P3", ["death", "overall_survival_days"]].isna().all()
    assert rows.loc["P4", "overall_survival_days"] == "soon"  # left out by its endpoint
    assert pd.isna(rows.loc["P2", "ajcc_pathologic_m"])
    path.write_text("[1, 2")
    refused(lambda: read_cases(path), "not the list of cases")


def test_survival_within_a_horizon_from_cases(folder):
    cases = json.loads((folder / "cases.json").read_text())
    for i, case in enumerate(cases):
        dead = case["demographic"]["vital_status"] == "Dead"
        case["demographic"]["days_to_death"] = 100 * i if dead else None
        case["follow_ups"] = [] if dead else [{"days_to_follow_up": 200 * i}]
    (folder / "cases.json").write_text(json.dumps(cases))
    horizon = TimeToEvent("overall_survival_days", "death", horizon=1000)
    cohort = leave_out_censored(cohort_from_gdc(folder, horizon.label))
    assert cohort.n_positives == 4
    assert "death within 1000" in cohort.endpoint
    assert any("censored before 1000" in note for note in cohort.notes)


@pytest.mark.shared
def test_the_real_htseq_files_and_the_matrix_beside_them(shared_data):
    folder = shared_data / "gbm_htseq_counts_60483"
    paths = sorted((folder / "raw_examples").glob("*.gz"))
    matrix = read_gdc_files(paths)
    assert (matrix.values.shape, matrix.scale) == ((2, 60_483), "counts")
    assert sum(gene.startswith("ENSGR") for gene in matrix.genes) == 50
    expected = pd.read_parquet(folder / "expression_genes_by_samples.parquet")
    sheet = pd.read_csv(folder / "samples.csv")
    assert expected.shape == (60_483, 174)
    assert len(sheet) == 174
    totals = expected.astype(float).sum()
    by_total = {total: name for name, total in totals.items()}
    for row in matrix.values:
        column = by_total[float(row.sum(dtype=np.float64))]
        np.testing.assert_array_equal(row, expected.loc[matrix.genes, column])


@pytest.mark.shared
def test_a_real_answer_of_files_as_sample_sheet(shared_data):
    path = shared_data / "resources" / "gdc_files_response_tcga_brca_2018-01-28.tsv.gz"
    sheet = read_sample_sheet(path, [])
    fpkm = sheet[sheet["file_name"].str.endswith(".FPKM.txt.gz")]
    assert (len(fpkm), fpkm["sample"].nunique(), fpkm["patient"].nunique()) == (
        1222,
        1217,
        1092,
    )


@pytest.mark.shared
def test_the_papers_cohort_from_files_to_labels(shared_data, tmp_path):
    """The paper's 1,222 aliquots, with invented values of three genes."""
    listing = shared_data / "hcmdb" / "tcga_brca_htseq_fpkm_1222_with_hcmdb.csv"
    for i, name in enumerate(pd.read_csv(listing)["file_name"]):
        htseq(tmp_path, name, [i / 7, 1.5, 0], summary="")
    hcmdb = shared_data / "hcmdb" / "hcmdb_dataset_information.csv.gz"
    cohort = cohort_from_gdc(tmp_path, label_rule(f"hcmdb:{hcmdb}"), sample_sheet=listing)
    assert (cohort.n_samples, cohort.n_positives, cohort.n_patients) == (1193, 23, 1073)
    assert "29 samples not listed in HCMDB were left out." in cohort.notes
