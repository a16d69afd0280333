"""One file in the layout of each portal, by the command: patients, tissue, genes and scale."""

import gzip

import numpy as np
import pytest
from typer.testing import CliRunner

from deepcme import Cohort
from deepcme.cli.commands import app
from tests.sources.conftest import star_text
from tests.sources.geo.test_series_counts import ANNOTATION, matrix, series
from tests.sources.geo.test_soft import ONE, PROBES, TWO, written

N = 12
GENES = [f"GENE{i}" for i in range(4)]


@pytest.fixture
def prepared(tmp_path):
    """Run `deepcme prepare`, and load what it wrote."""

    def run(*arguments):
        output = tmp_path / "cohort.h5ad"
        done = CliRunner().invoke(app, ["prepare", *map(str, arguments), "-o", str(output)])
        assert done.exit_code == 0, (done.output, done.exception)
        return Cohort.load(output)

    return run


def told(cohort):
    return (cohort.n_samples, cohort.n_patients, cohort.n_genes, cohort.n_positives)


def tsv(path, *rows):
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def test_xena_under_a_name_without_its_kind(tmp_path, prepared, random):
    ids = [f"TCGA-A1-A{i // 2:03d}-{'11' if i % 2 else '01'}" for i in range(N)]
    rows = [[gene, *random.uniform(0, 14, N).round(3)] for gene in GENES]
    path = tsv(tmp_path / "HiSeqV2.gz", ["sample", *ids], *rows)
    survival = tsv(
        tmp_path / "survival.txt",
        ["sample", "OS", "OS.time", "_PATIENT"],
        *(
            [one, i // 2 % 2, 300 + i // 2 % 2 * 100 + 900 * (i % 4 < 2), one[:12]]
            for i, one in enumerate(ids)
        ),
    )
    cohort = prepared(
        *("xena", path, "--clinical-table", survival, "--drop-censored"),
        *("--time", "OS.time", "--event", "OS", "--horizon", 1000),
    )
    assert told(cohort) == (12, 6, 4, 6)
    assert cohort.obs["tissue"].tolist() == ["primary", "normal"] * 6
    assert cohort.scale == "log2"


def test_metabric_of_cbioportal(tmp_path, prepared, random):
    ids = [f"MB-{i:04d}" for i in range(N)]
    rows = [[gene, i + 1, *random.uniform(5, 14, N).round(4)] for i, gene in enumerate(GENES)]
    head = ["Hugo_Symbol", "Entrez_Gene_Id"]
    path = tsv(tmp_path / "data_mrna_illumina_microarray.txt", [*head, *ids], *rows)

    def clinical(name, header, cells):
        comments = [[f"#{'x'}", *"y" * (len(header) - 1)]] * 4
        return tsv(tmp_path / name, *comments, header, *cells)

    patients = clinical(
        "data_clinical_patient.txt",
        ["PATIENT_ID", "OS_MONTHS", "OS_STATUS", "RFS_MONTHS", "RFS_STATUS"],
        [
            [
                one,
                140.5,
                "0:LIVING",
                20 + 100 * (i % 3 > 0),
                "1:Recurred" if i % 3 == 0 else "0:Not Recurred",
            ]
            for i, one in enumerate(ids)
        ],
    )
    samples = clinical(
        "data_clinical_sample.txt",
        ["PATIENT_ID", "SAMPLE_ID", "SAMPLE_TYPE"],
        [[one, one, "Primary"] for one in ids],
    )
    cohort = prepared(
        *("cbioportal", path, "--clinical-table", patients, "--clinical-table", samples),
        *("--drop-censored", "--time", "RFS_MONTHS"),
        *("--event", "RFS_STATUS", "--horizon", 60),
    )
    assert told(cohort) == (12, 12, 4, 4)
    assert set(cohort.obs["tissue"]) == {"primary"}
    assert cohort.scale == "log2"


def test_a_cart_of_the_gdc_of_today(tmp_path, prepared):
    """Two files of one sample, a normal beside each tumour, and the portal's tables."""
    sheet = [
        [
            *("File ID", "File Name", "Data Category", "Data Type", "Project ID", "Case ID"),
            *("Sample ID", "Tissue Type", "Tumor Descriptor", "Specimen Type"),
        ]
    ]
    for i in range(N):
        case = f"C3L-{i // 3:05d}"
        kind = ["Tumor", "Primary"] if i % 3 < 2 else ["Normal", "Not Applicable"]
        ids = ", ".join([f"{case}-0{1 + i % 3 // 2}"] * 2)
        (tmp_path / f"{i}.tsv").write_text(star_text([i, 2, 3, 4]))
        sheet.append(
            [
                f"u{i}",
                f"{i}.tsv",
                "x",
                "y",
                "CPTAC-3",
                f"{case}, {case}",
                ids,
                *kind,
                "Solid Tissue",
            ]
        )
    clinical = tsv(
        tmp_path / "clinical.tsv",
        [
            *("cases.case_id", "cases.submitter_id", "diagnoses.ajcc_pathologic_m"),
            *("diagnoses.classification_of_tumor", "treatments.treatment_type"),
        ],
        *(
            [f"u{n}", f"C3L-{n:05d}", m, kind, treatment]
            for n in range(4)
            for m, kind in ((f"M{n % 2}", "primary"), ("M0", "Prior primary"))
            for treatment in ("Radiation Therapy", "'--")
        ),
    )
    cohort = prepared(
        *("gdc", tmp_path, "--sample-sheet", tsv(tmp_path / "gdc_sample_sheet.tsv", *sheet)),
        *("--clinical-table", clinical, "--label", "pathologic-m1", "--repeated", "mean"),
        *("--column", "unstranded"),
    )
    assert told(cohort) == (8, 4, 4, 4)
    assert cohort.obs["tissue"].tolist() == ["primary", "normal"] * 4
    assert cohort.X[:4, 0].tolist() == [0.5, 2, 3.5, 5]
    assert cohort.scale == "counts"


def test_counts_of_ncbi(tmp_path, prepared):
    annotation = tmp_path / "Human.GRCh38.p13.annot.tsv.gz"
    annotation.write_bytes(gzip.compress(ANNOTATION.encode()))
    cohort = prepared(
        *(
            "geo",
            series(tmp_path),
            "--counts",
            matrix(tmp_path),
            "--platform-table",
            annotation,
        ),
        *("--label", "relapse"),
    )
    assert told(cohort) == (4, 2, 3, 2)
    assert cohort.gene_ids.tolist() == ["TP53", "EGFR", "ESR1"]
    assert cohort.scale == "counts"


def test_a_soft_family(tmp_path, prepared):
    path = written(tmp_path, PROBES, ONE, TWO)
    cohort = prepared("geo", path, "--platform", "GPL96", "--label", "relapse")
    assert told(cohort) == (2, 2, 2, 1)
    assert cohort.gene_ids.tolist() == ["TP53", "RFC2"]
    np.testing.assert_array_equal(cohort.X[:, 0], [10.5, 8])
