"""The honest report of the paper's own cohort opens with what a reader must know first."""

import re

import pytest

from deepcme.report.page import write_report
from deepcme.sources.spreadsheets import TableColumns, cohort_from_tables
from deepcme.study.run import run_study
from deepcme.study.spec import make_study

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def opening(tmp_path_factory):
    from tests.conftest import SHARED

    data = SHARED / "tcga_brca_rsem909_hcmdb"
    if not data.is_dir():
        pytest.skip(f"the paper's cohort is not at {data}")
    path = tmp_path_factory.mktemp("brca")
    columns = TableColumns(label="metastasis", patient="patient_id", tissue="sample_type")
    cohort_from_tables(data / "expression.parquet", data / "samples.csv", columns).save(
        path / "cohort.h5ad"
    )
    network = {"name": "DeepCME", "parameters": {"hidden_layers": [8], "max_epochs": 5}}
    study = make_study(
        {
            "cohort": {"path": path / "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": 4},
            "models": [network, "LR", "KNN"],
        }
    )
    page = write_report(run_study(study, path / "out", jobs=1, quiet=True), ["html"])
    text = page.read_text(encoding="utf-8").split("</style>")[1]
    visible = re.sub(r"<[^>]+>", " ", re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))
    return " ".join(visible.split())[:2500]


def test_patients_shared_tissues_mixed_and_events_few_come_first(opening):
    for words in ("several samples", "Kinds of tissue are mixed", "Too few events"):
        assert words in opening


def test_without_a_demonstrated_advantage_none_is_claimed(opening):
    assert "No demonstrated advantage over" in opening
    assert "did better" not in opening
