"""The section on added value: its sentences by rule, and where it stands in the report."""

import re

import numpy as np
import pandas as pd
import pytest

from deepcme import read_report
from deepcme.report.page import write_report
from deepcme.report.sections.added_value import describe_added_value
from deepcme.study.run import run_study
from deepcme.study.settings import ClinicalSettings
from deepcme.study.spec import make_study
from tests.study.parts.test_added_value import clinical_cohort

SETTINGS = {"clinical": {"columns": ["age", "grade"], "genes": "LR-tuned"}}
PREDICTIONS = pd.DataFrame(
    {
        "split": 1,
        "model": "clinical + genes",
        "patient": [f"P{i}" for i in range(120)],
        "part": ["train"] * 80 + ["validation"] * 20 + ["test"] * 20,
        "label": np.tile([1, 0, 0, 0], 30),
    }
)


STANDARDISED = "per standard deviation"


def columns(events=(12, 8), separated=0, genes_separated=0):
    return pd.DataFrame(
        {
            "column": ["age", "grade", "grade", "gene score"],
            "value": ["number", "low", "high", "number"],
            "coding": [STANDARDISED, "reference", "against low", STANDARDISED],
            "n": [100, 60, 36, 100],
            "events": [20, *events, 20],
            "missing": [0, 4, 4, 0],
            "separated_splits": [0, separated, separated, genes_separated],
        }
    )


def sentences(low=-0.02, high=0.06, **options):
    difference = {"difference": 0.02, "ci_low": low, "ci_high": high, "n": 90, "events": 20}
    clinical = ClinicalSettings(**SETTINGS["clinical"])
    return describe_added_value(
        clinical, PREDICTIONS, columns(**options), pd.DataFrame([difference])
    )


def test_an_interval_that_holds_zero_is_no_demonstrated_added_value():
    assert sentences()["added_value_verdict"] == (
        "No demonstrated added value of gene expression over age, grade: AUC of clinical + "
        "genes minus AUC of clinical +0.020, 95% interval -0.020 to +0.060; 90 samples, "
        "20 events."
    )


def test_added_value_and_harm_are_said():
    assert sentences(low=0.01)["added_value_verdict"].startswith(
        "Gene expression adds to age, grade (AUC of clinical + genes minus"
    )
    assert sentences(low=-0.06, high=-0.01)["added_value_verdict"].startswith(
        "Gene expression made the prediction by age, grade worse"
    )


def test_events_for_each_coefficient_are_named():
    text = sentences()["clinical_events"]
    assert text.startswith("clinical + genes has 3 coefficients, 8.3 events of the fitted")
    assert "Fewer than 10 make them imprecise" in text


def test_the_coding_is_told_with_what_stands_for_missing_values():
    text = sentences()["clinical_coding"]
    assert "age (a number, standardised)" in text
    assert "grade (high against low; 4 missing take the most frequent word)" in text
    assert "the logit of LR-tuned is one more column" in text


def test_separation_is_told_with_the_column():
    assert sentences()["clinical_separation"] == ""
    text = sentences(separated=3)["clinical_separation"]
    assert "Some values of grade (3 splits) occurred with one outcome only" in text
    text = sentences(events=(12, 0))["clinical_separation"]
    assert "in the whole cohort: grade = high (0 events among 36)." in text


def test_separation_by_the_genes_alone_is_told():
    text = sentences(genes_separated=2)["clinical_separation"]
    assert "Some values of gene score (2 splits) occurred with one outcome only" in text
    assert "gene score" not in sentences()["clinical_coding"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("added-value")
    clinical_cohort().save(path / "cohort.h5ad")
    study = make_study(
        {
            "cohort": {"path": path / "cohort.h5ad"},
            "split": {"design": "repeated", "repeats": 3},
            "models": ["LR-tuned", "KNN"],
            **SETTINGS,
        }
    )
    folder = run_study(study, path / "out", jobs=1, quiet=True)
    write_report(folder)
    return folder


def visible(folder):
    page = (folder.path / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"<script.*?</script>", "", page.split("</style>")[1], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_the_report_has_the_section_and_the_verdict_its_sentence(folder):
    text = visible(folder)
    assert "Added value of genes over clinical columns" in text
    assert "over age, grade" in text[:1500] or "to age, grade" in text[:1500]
    assert "Clinical columns: age (a number, standardised" in text
    assert "Was the model set against predictors in use?" in text
    assert "Clinical columns: age, grade." in text
    markdown = (folder.path / "report.md").read_text(encoding="utf-8")
    assert "## Added value of genes over clinical columns" in markdown
    report = read_report(folder.path)
    assert report.notes["added_value_verdict"] in report.verdict.paragraph
    assert report.verdict.paragraph in markdown.split("## ")[0]


def test_its_tables_are_files(folder):
    auc = pd.read_csv(folder.path / "tables" / "added_value_auc.csv")
    assert auc["model"].tolist() == ["clinical", "LR-tuned", "clinical + genes"]
    assert auc[["ci_low", "ci_high", "n", "events"]].notna().all().all()
    added = pd.read_csv(folder.path / "tables" / "added_value.csv")
    assert added["baseline"].tolist() == ["clinical", "LR-tuned"]
    difference = auc["auc"].iloc[2] - auc["auc"].iloc[0]
    assert added["difference"].iloc[0] == pytest.approx(difference)
    assert len(pd.read_csv(folder.path / "tables" / "clinical_columns.csv")) == 4
    assert (folder.path / "figures" / "added_value.svg").exists()


def test_clinical_models_are_no_baselines_of_the_headline(folder):
    comparison = pd.read_csv(folder.path / "tables" / "comparison.csv")
    assert comparison["baseline"].tolist() == ["KNN"]
