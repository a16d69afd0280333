"""The section on added value: its sentences by rule, and where it stands in the report."""

import re

import numpy as np
import pandas as pd
import pytest

from deepcme import read_report
from deepcme.report.page import write_report
from deepcme.report.sections.added_value import (
    describe_clinical_columns,
    describe_limits,
    describe_score_test,
)
from deepcme.study.run import run_study
from deepcme.study.settings import ClinicalSettings
from deepcme.study.spec import make_study
from tests.conftest import drawn_charts
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


def sentences(**options):
    clinical = ClinicalSettings(**SETTINGS["clinical"])
    return describe_clinical_columns(clinical, PREDICTIONS, columns(**options))


def test_events_for_each_coefficient_are_named():
    text = sentences()["clinical_events"]
    assert text.startswith("clinical + genes has 3 coefficients, 8.3 events of the fitted")
    assert "Fewer than 10 make them imprecise" in text


def test_few_events_for_each_coefficient_go_into_the_verdict():
    assert describe_limits(PREDICTIONS, columns()) == [
        "3 unpenalised coefficients have 8.3 events each, which are few"
    ]
    assert describe_limits(PREDICTIONS, columns().iloc[[0, 3]]) == []


def test_a_column_over_a_tenth_missing_is_warned_about_with_its_count_and_share():
    lacking = columns()
    lacking.loc[lacking["column"] == "grade", "missing"] = 44
    assert describe_limits(PREDICTIONS, lacking)[0] == (
        "grade lacks over 10% of the values, which favours the genes"
    )
    clinical = ClinicalSettings(**SETTINGS["clinical"])
    text = describe_clinical_columns(clinical, PREDICTIONS, lacking)["clinical_missing"]
    assert text.startswith("grade lacks 44 of 100 values (44%): filled with the median or")
    assert "a weak comparator makes genes look better" in text
    lacking.loc[lacking["column"] == "grade", "missing"] = 10  # not more than a tenth
    text = describe_clinical_columns(clinical, PREDICTIONS, lacking)["clinical_missing"]
    assert text == ""


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


def score_test(n_permutations, p_value=np.nan):
    row = {"statistic": 5.5, "coefficient": 0.5, "n_as_good": 0, "n": 90, "events": 20}
    row |= {"p_value": p_value, "ci_low": p_value / 2, "ci_high": 1.5 * p_value}
    return pd.DataFrame([{**row, "n_permutations": n_permutations}])


def test_without_permutations_the_gene_score_has_no_p_value():
    text = describe_score_test(score_test(0), above_chance=True)
    assert "has a likelihood ratio of 5.50 (90 samples, 20 events). It has no p-value" in text
    assert "a chi-squared test would reject too often" in text
    assert "p = " not in text


def test_too_few_permutations_of_the_genes_cannot_reject():
    text = describe_score_test(score_test(3), above_chance=True)
    assert text.endswith(
        "0 of 3. 3 permutations cannot reject, as the smallest p is 1/4 = 0.250: 19 or more can."
    )


def test_what_the_permutations_of_the_genes_show_is_said():
    says_more = describe_score_test(score_test(99, 0.01), above_chance=True)
    assert "0 of 99: p = 0.010 (95% Monte-Carlo interval 0.005 to 0.015); the score says" in (
        says_more
    )
    assert says_more.endswith(
        "more than expression that has to do with neither outcome nor columns."
    )
    nothing = describe_score_test(score_test(99, 0.5), above_chance=True)
    assert "is not shown to say more" in nothing
    unsettled = describe_score_test(score_test(19, 0.05), above_chance=True)
    assert unsettled.endswith("which more permutations could change.")


def test_nothing_is_claimed_of_a_gene_score_in_a_study_that_is_not_above_chance():
    text = describe_score_test(score_test(99, 0.01), above_chance=False)
    assert text.endswith(", in a study whose model is not shown to be above chance.")
    assert "says more" not in text


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
    with drawn_charts():
        write_report(folder)
    return folder


def visible(folder):
    page = (folder.path / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"<script.*?</script>", "", page.split("</style>")[1], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_the_report_has_the_section_and_the_verdict_its_sentence(folder):
    text = visible(folder)
    assert "Added value of genes over clinical columns" in text
    assert "over age, grade" in text[:2500] or "to age, grade" in text[:2500]
    assert "Clinical columns: age (a number, standardised" in text
    assert "Was the model set against predictors in use?" in text
    assert "Clinical columns: age, grade." in text
    markdown = (folder.path / "report.md").read_text(encoding="utf-8")
    section = markdown.split("## Added value of genes over clinical columns")[1]
    rows = ("| Log loss |", "| Net benefit at a risk of 5% |", "| AUC |")
    assert sorted(rows, key=section.index) == list(rows)
    assert "A difference in AUC says least of the three" in section
    assert "## Added value of genes over clinical columns" in markdown
    report = read_report(folder.path)
    assert report.notes["added_value_verdict"] in report.verdict.paragraph
    opening = " ".join(markdown.split("## ")[0].split())
    assert all(" ".join(said.split()) in opening for _, said in report.verdict.points)


def test_its_tables_are_files(folder):
    auc = pd.read_csv(folder.path / "tables" / "added_value_auc.csv")
    assert auc["model"].tolist() == ["clinical", "LR-tuned", "clinical + genes"]
    assert auc[["ci_low", "ci_high", "n", "events"]].notna().all().all()
    added = pd.read_csv(folder.path / "tables" / "added_value.csv")
    assert added["measure"].tolist() == ["log_loss", *["net_benefit"] * 4, "auc"]
    pairs = pd.read_csv(folder.path / "tables" / "added_value_auc_differences.csv")
    assert pairs["baseline"].tolist() == ["clinical", "LR-tuned", "clinical"]
    difference = auc["auc"].iloc[2] - auc["auc"].iloc[0]
    assert added["difference"].iloc[-1] == pytest.approx(difference)
    assert pairs["difference"].iloc[0] == pytest.approx(difference)
    assert len(pd.read_csv(folder.path / "tables" / "clinical_columns.csv")) == 4
    assert (folder.path / "figures" / "added_value_auc_differences.svg").exists()


def test_odds_ratios_and_the_gene_score_stand_in_the_section(folder):
    markdown = (folder.path / "report.md").read_text(encoding="utf-8")
    section = markdown.split("## Added value of genes over clinical columns")[1]
    assert "The pre-validated gene score added to the clinical columns has a likeli" in section
    assert "| clinical | grade | high against low |" in section
    ratios = pd.read_csv(folder.path / "tables" / "odds_ratios.csv")
    assert ratios["odds_ratio"].gt(0).all()
    assert ratios[["n", "events"]].notna().all(axis=None)


def test_clinical_models_are_no_baselines_of_the_headline(folder):
    comparison = pd.read_csv(folder.path / "tables" / "comparison.csv")
    assert comparison["baseline"].tolist() == ["KNN"]
