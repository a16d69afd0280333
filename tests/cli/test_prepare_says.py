"""`prepare` says warnings first, then facts, then who was left out; libraries say nothing."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from deepcme import Cohort
from deepcme.base.errors import DeepCMEError
from deepcme.cli.data.prepare import save
from deepcme.cli.data.saying import flow_lines, lines_about
from deepcme.cohort.flow import FlowStep
from tests.cli.command import deepcme
from tests.conftest import invented_cohort
from tests.sources.geo.test_geo import SERIES
from tests.sources.test_cbioportal import EXPRESSION, PATIENTS

DOUBT = "Warning: 1 gene name looks like a date."


def said_by(*arguments):
    """What a command that must succeed prints; nothing may go to the error output."""
    done = deepcme(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_flow_is_aligned():
    flow = [
        FlowStep("read", 1217, 1095),
        FlowStep("labelled", 989, 980, 23, {"without a stage": 65, "of stage MX": 163}),
    ]
    assert flow_lines(flow) == [
        "Patient flow   samples  patients  positive",
        "  read           1,217     1,095",
        "  labelled         989       980        23",
        "    left out: 163 of stage MX, 65 without a stage",
    ]


def test_warnings_come_before_facts_and_without_a_flow_there_are_no_lines():
    assert lines_about(["Fact.", DOUBT], []) == [f"- {DOUBT}", "- Fact."]


def test_strict_refuses_a_cohort_with_warnings_and_writes_nothing(tmp_path):
    cohort = invented_cohort()
    cohort.provenance["notes"] = ["Fact.", DOUBT]
    with pytest.raises(DeepCMEError, match="Refused for 1 warning: 1 gene name looks like"):
        save(cohort, tmp_path / "cohort.h5ad", strict=True)
    assert not list(tmp_path.iterdir())
    save(cohort, tmp_path / "cohort.h5ad")
    assert Cohort.load(tmp_path / "cohort.h5ad").notes == ["Fact.", DOUBT]


def test_a_hundred_and_more_clinical_columns_bring_no_warning_of_pandas(tmp_path):
    """Biotab tables have as many; a table that grows column by column makes pandas warn."""
    samples = ["TCGA-A1-0001-01A", "TCGA-A1-0002-01A", "TCGA-A1-0003-11A"]
    matrix = pd.DataFrame(np.eye(3), index=["A", "B", "C"], columns=samples)
    matrix.rename_axis("Ensembl_ID").to_csv(tmp_path / "x.star_fpkm.tsv", sep="\t")
    clinical = pd.DataFrame(
        {f"form{i}": ["x", "[Not Available]", "y"] for i in range(150)},
        index=pd.Index([sample[:12] for sample in samples], name="bcr_patient_barcode"),
    )
    clinical.assign(relapse=[1, 0, 0]).to_csv(tmp_path / "clinical.tsv", sep="\t")
    said = said_by(
        "prepare", "xena", tmp_path / "x.star_fpkm.tsv", "--label", "relapse",
        "--clinical-table", tmp_path / "clinical.tsv", "--keep-tissue", "primary",
        "-o", tmp_path / "cohort.h5ad",
    )  # fmt: skip
    flow = said[said.index("Patient flow") : said.index("Wrote")].splitlines()
    assert [line.split() for line in flow] == [
        ["Patient", "flow", "samples", "patients", "positive"],
        ["read", "3", "3"],
        ["of", "these", "with", "a", "clinical", "record", "3", "3"],
        ["labelled", "3", "3", "1"],
        ["only", "primary", "samples", "kept", "2", "2", "1"],
        ["left", "out:", "1", "normal"],
    ]


def test_a_cbioportal_study_brings_no_warning_of_a_library(tmp_path):
    (tmp_path / "data_mrna_seq_v2_rsem.txt").write_text(EXPRESSION)
    (tmp_path / "data_clinical_patient.txt").write_text(PATIENTS)
    said_by(
        "prepare", "cbioportal", tmp_path / "data_mrna_seq_v2_rsem.txt",
        "--clinical-table", tmp_path / "data_clinical_patient.txt", "--scale", "rsem",
        "--drop-censored", "--time", "OS_MONTHS", "--event", "OS_STATUS",
        "--horizon", "60", "-o", tmp_path / "cohort.h5ad",
    )  # fmt: skip


def test_a_geo_series_merged_and_audited_brings_no_warning_of_a_library(tmp_path):
    for name in ("north", "south"):
        path = tmp_path / f"{name}_series_matrix.txt"
        path.write_text(SERIES.replace("GSM", f"GSM{len(name)}{name[0]}"), encoding="latin-1")
        said_by(
            "prepare", "geo", path, "--label", "relapse",
            "-o", tmp_path / f"{name}.h5ad",
        )  # fmt: skip
    merged = tmp_path / "merged.h5ad"
    said = said_by(
        "prepare", "merge", tmp_path / "north.h5ad", tmp_path / "south.h5ad", "-o", merged
    )
    assert "  north: read" in said
    assert "  merged of north, south" in said
    said_by("audit", merged)


def test_an_h5ad_file_with_missing_values_brings_no_warning_of_a_library(tmp_path):
    ids = [f"S{i}" for i in range(8)]
    obs = pd.DataFrame({"relapse": [1, 0] * 4, "site": ["x", None] * 4}, index=ids)
    X = np.arange(32, dtype=np.float64).reshape(8, 4)
    X[0, 0] = np.nan
    var = pd.DataFrame(index=[f"G{i}" for i in range(4)])
    ad.AnnData(X, obs=obs, var=var).write_h5ad(tmp_path / "x.h5ad")
    said_by(
        "prepare", "table", "--expression", tmp_path / "x.h5ad",
        "--samples", tmp_path / "x.h5ad", "--label", "relapse", "-o", tmp_path / "c.h5ad",
    )  # fmt: skip
