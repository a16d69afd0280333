"""A cBioPortal study: symbols that repeat or lack, statuses with codes."""

import numpy as np
import pytest

from deepcme import DeepCMEError
from deepcme.cohort.at_horizon import leave_out_censored
from deepcme.cohort.endpoints.survival import TimeToEvent
from deepcme.sources.assembly.clinical_tables import read_clinical
from deepcme.sources.assembly.expression import GeneNaming
from deepcme.sources.cbioportal import cohort_from_cbioportal

EXPRESSION = (
    "Hugo_Symbol\tEntrez_Gene_Id\tTCGA-A1-A0SD-01\tTCGA-A1-A0SK-01\tTCGA-A1-A0SM-01\n"
    "TSPAN6\t7105\t1000.5\t2000\t0\n"
    "\t64102\t3\t4\t5\n"
    "ELMO2\t1\t10\t10\t10\n"
    "ELMO2\t2\t90\t90\tNA\n"
    "\t\t1\t1\t1\n"
)
PATIENTS = (
    "#Patient Identifier\tOverall Survival Status\tOverall Survival (Months)\n"
    "#Patient identifier\tstatus\tmonths\n#STRING\tSTRING\tNUMBER\n#1\t1\t1\n"
    "PATIENT_ID\tOS_STATUS\tOS_MONTHS\n"
    "TCGA-A1-A0SD\t0:LIVING\t90\nTCGA-A1-A0SK\t1:DECEASED\t31.77\n"
    "TCGA-A1-A0SM\t0:LIVING\t12\n"
)


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "brca_tcga"
    folder.mkdir()
    (folder / "data_mrna_seq_v2_rsem.txt").write_text(EXPRESSION)
    (folder / "data_clinical_patient.txt").write_text(PATIENTS)
    return folder


def cohort_of(study, months=24, **options):
    cohort = cohort_from_cbioportal(
        study / "data_mrna_seq_v2_rsem.txt",
        TimeToEvent("OS_MONTHS", "OS_STATUS", horizon=months).label,
        clinical=[read_clinical(study / "data_clinical_patient.txt")],
        scale="rsem",
        **options,
    )
    return leave_out_censored(cohort)


def test_a_study(study):
    cohort = cohort_of(study, months=60)
    assert cohort.name == "brca_tcga"
    assert cohort.gene_ids.tolist() == ["TSPAN6", "64102", "ELMO2"]
    np.testing.assert_array_equal(cohort.X, [[1000.5, 3, 90], [2000, 4, 90]])
    assert cohort.labels.tolist() == [0, 1]
    assert cohort.patients.tolist() == ["TCGA-A1-A0SD", "TCGA-A1-A0SK"]
    notes = " ".join(cohort.notes)
    assert "1 rows with neither symbol nor Entrez id were dropped" in notes
    assert (
        "1 genes had several rows: of several rows for one gene, the one with the highest"
        in notes
    )
    assert "1 samples censored before 60 were left out" in notes


def test_what_stands_for_no_symbol_gives_way_to_the_entrez_id(study):
    path = study / "data_mrna_seq_v2_rsem.txt"
    path.write_text(
        EXPRESSION.replace("\n\t64102", "\n---\t64102").replace("\n\t\t", "\n0\t-1\t")
    )
    assert cohort_of(study, 60).gene_ids.tolist() == ["TSPAN6", "64102", "ELMO2"]


def test_rows_of_several_genes_are_dropped_and_counted(study):
    path = study / "data_mrna_seq_v2_rsem.txt"
    path.write_text(EXPRESSION.replace("TSPAN6", "TSPAN6;TNMD"))
    cohort = cohort_of(study, 60)
    assert cohort.gene_ids.tolist() == ["64102", "ELMO2"]
    assert "1 rows of several genes were dropped." in cohort.notes


def test_a_date_in_two_rows_is_told_by_the_entrez_ids_or_dropped(study):
    path = study / "data_mrna_seq_v2_rsem.txt"
    path.write_text(
        EXPRESSION.replace("ELMO2\t1\t", "1-Mar\t55016\t").replace("ELMO2\t2", "1-Mar\t64757")
    )
    cohort = cohort_of(study, 60)
    assert cohort.gene_ids.tolist() == ["TSPAN6", "64102"]
    assert any("2 rows were dropped: a spreadsheet made dates" in note for note in cohort.notes)
    mended = cohort_of(study, 60, naming=GeneNaming(repair_dates=True))
    assert mended.gene_ids.tolist() == ["TSPAN6", "64102", "MARCHF1", "MTARC1"]


def test_entrez_ids_alone(study):
    path = study / "data_mrna_seq_v2_rsem.txt"
    lines = [line.partition("\t")[2] for line in EXPRESSION.splitlines()[:-1]]
    path.write_text("\n".join(lines) + "\n")
    assert cohort_of(study, 60).gene_ids.tolist() == ["7105", "64102", "1", "2"]


@pytest.mark.parametrize(
    ("name", "cells"),
    [("Cytoband", ["17p13", "", "20q", "", "x"]), ("length", ["9", "8", "7", "6", "5"])],
)
def test_columns_that_tell_of_genes_are_no_samples(study, name, cells):
    path = study / "data_mrna_seq_v2_rsem.txt"
    rows = [line.split("\t") for line in EXPRESSION.splitlines()]
    wider = [[*row[:2], cell, *row[2:]] for row, cell in zip(rows, [name, *cells], strict=True)]
    path.write_text("\n".join(map("\t".join, wider)) + "\n")
    cohort = cohort_of(study, 60)
    np.testing.assert_array_equal(cohort.X, [[1000.5, 3, 90], [2000, 4, 90]])
    assert (
        f"{path.name}: 1 column that tells of genes and not of a sample was left out ({name})."
        in cohort.notes
    )


def test_the_columns_of_genes_in_another_spelling(study):
    path = study / "data_mrna_seq_v2_rsem.txt"
    path.write_text(EXPRESSION.replace("Hugo_Symbol\tEntrez", "hugo symbol\tentrez", 1))
    assert cohort_of(study, 60).gene_ids.tolist() == ["TSPAN6", "64102", "ELMO2"]


def test_symbols_that_r_made_the_names_of_the_rows(study):
    path = study / "data_mrna_seq_v2_rsem.txt"
    samples = EXPRESSION.partition("\n")[0].split("\t", 2)[2]
    path.write_text(f"{samples}\nTSPAN6\t1000.5\t2000\t0\nELMO2\t90\t91\t92\n")
    cohort = cohort_of(study, 60)
    assert cohort.gene_ids.tolist() == ["TSPAN6", "ELMO2"]
    np.testing.assert_array_equal(cohort.X, [[1000.5, 90], [2000, 91]])


@pytest.mark.parametrize("places", [(0, 1), (0,), (1,)])
def test_a_header_that_lost_its_last_cell(study, places):
    """It has one name fewer than the rows have cells, as a header that R writes."""
    path = study / "data_mrna_seq_v2_rsem.txt"
    rows = [line.split("\t") for line in EXPRESSION.splitlines()[:2]]
    rows = [[row[place] for place in places] + row[2:] for row in rows]
    path.write_text("\n".join(["\t".join(rows[0][:-1]), "\t".join(rows[1])]) + "\n")
    with pytest.raises(DeepCMEError, match=r"data_mrna_seq_v2_rsem\.txt: .*the header"):
        cohort_of(study, 60)


def test_rows_that_r_has_numbered(study):
    path = study / "data_mrna_seq_v2_rsem.txt"
    header, *rows = EXPRESSION.splitlines()
    path.write_text(
        "\n".join([header, *(f"{n}\t{row}" for n, row in enumerate(rows, 1))]) + "\n"
    )
    assert cohort_of(study, 60).gene_ids.tolist() == ["TSPAN6", "64102", "ELMO2"]


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("Hugo_Symbol\tEntrez_Gene_Id", "probe\tname", "first column should be Hugo_Symbol"),
        (
            "2000",
            "many",
            "sample TCGA-A1-A0SK-01, gene TSPAN6: 'many' is not a number",
        ),
        (
            "64102\t3",
            "64102\tmany",
            "sample TCGA-A1-A0SD-01, gene number 2 without an id: 'many' is not a number",
        ),
        ("A0SK", "A0SD", r"1 sample id occurs more than once \(TCGA-A1-A0SD-01\)"),
        ("2000\t0", "2000", "row 2 has 4 cells where the header and the rows before it have 5"),
    ],
)
def test_what_is_refused(study, old, new, match):
    path = study / "data_mrna_seq_v2_rsem.txt"
    path.write_text(EXPRESSION.replace(old, new, 1))
    with pytest.raises(DeepCMEError, match=match) as caught:
        cohort_of(study, 60)
    assert "data_mrna_seq_v2_rsem.txt" in str(caught.value)
