"""What the report says of groups of patients."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.measures import AUC
from deepcme.report.blocks import Text
from deepcme.report.section import Contents
from deepcme.report.sections.groups import subgroups
from deepcme.report.sections.groups.subgroups import describe_differences
from tests.evaluation.groups.test_subgroups import frozen


def differences(**told):
    row = {
        "model": "network",
        "column": "er",
        "level": "negative",
        "auc": 0.48,
        "auc_difference": -0.24,
        "auc_difference_low": -0.40,
        "auc_difference_high": -0.08,
        "observed_expected": 1.85,
        "ratio_of_ratios": 2.05,
        "ratio_of_ratios_low": 1.14,
        "ratio_of_ratios_high": 3.69,
        "auc_differs": False,
        "observed_expected_differs": False,
    }
    return pd.DataFrame([{**row, **told}])


def test_no_difference_is_no_proof_of_sameness():
    assert describe_differences(differences(), may_claim=True) == (
        "No difference between levels is shown, corrected for all 2 comparisons (Holm); with "
        "so few events this does not show that the model does as well in all of them."
    )


def test_differences_that_are_told_have_their_interval():
    table = differences(auc_differs=True, observed_expected_differs=True)
    assert describe_differences(table, may_claim=True) == (
        "Levels in which network differs from the largest one of the column, corrected for all "
        "2 comparisons (Holm): er negative (AUC 0.48, difference -0.24 (-0.40 to -0.08)); er "
        "negative (O/E 1.85, ratio 2.05 (1.14 to 3.69))."
    )


def test_of_a_model_at_chance_no_difference_is_claimed():
    said = describe_differences(differences(auc_differs=True), may_claim=False)
    assert "is not shown to exceed chance" in said and "differs" not in said


def test_without_two_levels_of_ten_events_nothing_can_be_told():
    nothing = differences(auc_difference=np.nan, ratio_of_ratios=np.nan)
    assert "cannot be told" in describe_differences(nothing, may_claim=True)


def contents_of(characteristics, recalibrated=True):
    predictions, _ = frozen(n=240, strength=(1.5, 1.5))

    class Results(SimpleNamespace):
        @property
        def recalibrated(self):
            if not recalibrated:
                raise AbsentError("No model has a line.")
            return predictions

    contents = Contents(
        Results(
            predictions=predictions,
            is_survival=False,
            ranked_by=AUC,
            samples=predictions.set_index("sample")[["patient", "label"]],
            study=SimpleNamespace(
                headline=SimpleNamespace(name="network"),
                comparator=SimpleNamespace(model="LR"),
                models=[],
                seed=1,
            ),
            folder=SimpleNamespace(
                has_table=lambda name: (
                    name == "patients.parquet" and characteristics is not None
                ),
                read_table=lambda _: characteristics,
            ),
        )
    )
    random = np.random.default_rng(0)
    contents.tables["discrimination"] = compute_discrimination(predictions, random, 100)
    return contents


def written(contents):
    subgroups.SECTION.compute(contents)
    blocks = [block for block in subgroups.SECTION.write(contents) if block is not None]
    return blocks, [block.text for block in blocks if isinstance(block, Text)]


@pytest.fixture
def characteristics():
    """ER, and a column of somebody who is not analysed."""
    samples = [f"S0.{i}" for i in range(240)] + ["left out"]
    er = [*["negative", "positive", "positive"] * 80, "borderline"]
    return pd.DataFrame({"sample": samples, "er": er})


def test_the_section_says_by_what_that_it_was_not_planned_and_tabulates(characteristics):
    blocks, (told, columns) = written(contents_of(characteristics))
    assert told.startswith("Levels in which network differs from the largest one")
    assert told.count("er negative") == 1 and "O/E" in told and "Numbers" not in columns
    assert columns.startswith("Patients are looked at by er: ")
    assert "These groups were not planned" in columns
    table = blocks[-1].shown
    assert [row[2] for row in table.rows] == ["negative", "positive"]
    assert [row[4] for row in table.rows][1] == "largest"
    assert "bootstrap" in table.caption and "Wald" in table.caption


def test_without_recalibrated_probabilities_there_is_no_ratio(characteristics):
    blocks, _ = written(contents_of(characteristics, recalibrated=False))
    assert {row[5] for row in blocks[-1].shown.rows} == {""}


def test_an_older_folder_says_how_to_add_what_is_known(characteristics):
    contents = contents_of(None)
    _, (why,) = written(contents)
    assert "older than its table" in why and "`deepcme run` adds it" in why


def test_a_cohort_without_such_columns_says_so(characteristics):
    _, (why,) = written(contents_of(characteristics[["sample"]]))
    assert "has no column, such as age" in why
