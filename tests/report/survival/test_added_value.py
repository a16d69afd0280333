"""What genes add to clinical columns, as the report of a study of times says it."""

from dataclasses import replace

import pandas as pd
import pytest

from deepcme.report.blocks import Figure, Table
from deepcme.report.render import render_markdown
from deepcme.report.survival import added_value
from deepcme.study.parts.cox_clinical import HAZARD_RATIO_COLUMNS, HAZARD_RATIOS
from deepcme.study.parts.survival_tables import COX_FITS
from deepcme.study.settings import ClinicalSettings
from tests.report.survival.conftest import STRENGTHS

CLINICAL = ClinicalSettings(columns=("age", "grade"), genes="Cox-ridge")


@pytest.fixture(scope="module")
def contents(contents_of, invented_predictions):
    strengths = {**STRENGTHS, "clinical": 0.2, "clinical + genes": 1.0}
    contents = contents_of(invented_predictions(strengths=strengths))
    evaluation = contents.results.evaluation
    study = contents.results.study.model_copy(update={"clinical": CLINICAL})
    contents.results = replace(contents.results, study=study)
    vars(contents.results)["evaluation"] = evaluation
    rows = [("age", "per standard deviation", 1.2, 1.0, 1.4, "Wald", 78, 30, 2, 80, 31)]
    ratios = pd.DataFrame(rows, columns=HAZARD_RATIO_COLUMNS)
    ratios = ratios.assign(monotone_splits=3, left_out_splits=0)
    fits = pd.DataFrame(
        {"model": ["clinical + genes"] * 8, "selects_nothing": [True] * 2 + [False] * 6}
    )
    contents.results.folder.write_table(ratios, HAZARD_RATIOS)
    contents.results.folder.write_table(fits, COX_FITS)
    added_value.SECTION.compute(contents)
    return contents


def test_the_question_is_answered_by_a_paired_difference(contents):
    blocks = [block for block in added_value.SECTION.write(contents) if block]
    text = render_markdown("", blocks)
    assert "Genes are not shown to add to age, grade in ranking patients: Uno's C +0." in text
    assert "age (in 3 splits) had no finite hazard ratio" in text
    assert "In 2 of 8 splits cross-validation left all genes out" in text
    assert "the Cox ridge regression of Cox-ridge with" in contents.notes["clinical_coding"]
    names = [block.name for block in blocks if isinstance(block, Figure | Table)]
    assert names == ["added_value", "added_value", "clinical_hazard_ratios"]
    table = contents.tables["added_value"]
    assert table["baseline"].unique().tolist() == ["clinical", "Cox-ridge"]
    assert table.loc[table["baseline"] == "clinical", "comparator"].all()


def test_without_clinical_columns_the_section_is_silent(contents_of, invented_predictions):
    contents = contents_of(invented_predictions())
    added_value.SECTION.compute(contents)
    assert not [*added_value.SECTION.write(contents)]
    assert not contents.tables


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.09, "rank patients better"),
        (-0.09, -0.01, "rank patients worse"),
        (-0.01, 0.09, "are not shown to add to age"),
    ],
)
def test_a_gain_is_claimed_only_beyond_its_interval(low, high, words):
    row = {
        "measure": "uno_c", "baseline": "clinical", "difference": (low + high) / 2,
        "ci_low": low, "ci_high": high, "n": 80, "events": 31, "absent": "",
    }  # fmt: skip
    assert words in added_value.describe_added_value(pd.DataFrame([row]), ("age",))


def test_what_cannot_be_estimated_says_why():
    row = {
        "left_out": "GSE1", "measure": "uno_c", "baseline": "clinical", "difference": None,
        "ci_low": None, "ci_high": None, "n": 80, "events": 0, "absent": "no event",
    }  # fmt: skip
    said = added_value.describe_added_value(pd.DataFrame([row]), ("age",))
    assert said == "In GSE1: what genes add to age cannot be estimated: no event."
