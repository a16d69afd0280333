"""What the report says of groups of patients."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.groups.levels import Levels
from deepcme.evaluation.measures import AUC
from deepcme.report.blocks import Text
from deepcme.report.section import Contents
from deepcme.report.sections.groups import subgroups
from deepcme.report.sections.groups.subgroup_words import (
    describe_columns,
    describe_fairness,
    describe_interactions,
    describe_methods,
)
from deepcme.study.settings import DecisionSettings, SubgroupSettings
from tests.evaluation.groups.test_subgroups import frozen

HEADINGS = {"auc": "AUC", "observed_expected": "O/E"}


def level(name, column="er", **values):
    row = {
        "model": "network",
        "column": column,
        "level": name,
        "auc": 0.72,
        "auc_low": 0.60,
        "auc_high": 0.82,
        "auc_error": 0.3,
        "observed_expected": 0.9,
        "observed_expected_low": 0.7,
        "observed_expected_high": 1.2,
        "observed_expected_error": 0.2,
        "threshold": 0.2,
        "gain": 0.02,
        "gain_low": -0.01,
        "gain_high": 0.05,
        "absent": "",
    }
    return {**row, **values}


LEVELS = pd.DataFrame(
    [level("negative", auc=0.48, auc_low=0.33, auc_high=0.63), level("positive")]
)


def interactions_of(p_value, p_holm, measure="auc"):
    row = {"model": "network", "column": "er", "measure": measure}
    return pd.DataFrame([{**row, "p_value": p_value, "p_holm": p_holm}])


def said_of(tests, planned=(), levels=LEVELS, may_claim=True):
    return describe_interactions(tests, levels, HEADINGS, planned, may_claim=may_claim)


def test_no_difference_is_no_proof_of_sameness():
    assert said_of(interactions_of(0.03, 0.06)) == (
        "No difference between levels is shown, corrected for 1 interaction test (Holm); the "
        "smallest p before correction is 0.03, of AUC by er. With so few events this does not "
        "show that the model does as well in all of them."
    )


@pytest.mark.parametrize(("planned", "word"), [((), "exploratory"), (("er",), "planned")])
def test_a_difference_that_is_told_has_its_levels_and_whether_it_was_planned(planned, word):
    assert said_of(interactions_of(0.003, 0.012), planned) == (
        "network differs between levels, corrected for 1 interaction test (Holm): AUC by er (p "
        f"0.003, corrected 0.012; {word}), negative 0.48 (0.33 to 0.63), positive 0.72 (0.60 "
        "to 0.82)."
    )


def test_of_a_model_at_chance_no_difference_is_claimed():
    said = said_of(interactions_of(0.001, 0.001), may_claim=False)
    assert "is not shown to exceed chance" in said and "corrected" not in said


def test_without_two_levels_of_ten_events_nothing_can_be_told():
    assert "cannot be told" in said_of(interactions_of(0.5, 0.5).iloc[:0])


def looked_at(*columns):
    return Levels(pd.DataFrame(columns=columns), columns, ())


def test_what_was_named_before_there_were_results_is_no_exploration():
    said = describe_columns(looked_at("er", "age"), ("er", "age"), ["er", "age"])
    assert "that the study file names" in said and "named before anything was fitted" in said
    assert "exploratory" not in said


def test_what_was_named_later_is():
    said = describe_columns(looked_at("er", "age"), ("er", "age"), ["er"])
    assert "Before anything was fitted er was named, age was not." in said
    assert "age was not planned" in said and "exploratory" in said


def test_fairness_names_the_worst_levels_of_age_or_centre_and_what_is_not_known():
    rows = [
        level("below 50", "age", auc=0.62, auc_low=0.50, auc_high=0.73),
        level("50 or more", "age", observed_expected=1.5),
        level("north", "centre", gain=-0.03, gain_low=-0.09, gain_high=0.03),
        {**level("south", "centre", absent="too few"), "auc_error": np.nan},
        level("negative", "er", auc=0.4),
    ]
    assert describe_fairness(pd.DataFrame(rows), HEADINGS) == (
        "For fairness the table is read by age, centre: the lowest AUC is 0.62 (0.50 to "
        "0.73) in age below 50; the O/E furthest from 1 is 1.50 (0.70 to 1.20) in age 50 or "
        "more, where more had the event than the risks say; acting at a risk of 20% did less "
        "good than the better of treating all and none in centre north by -0.030 (-0.090 to "
        "+0.030). Nothing can be said of centre south, with too few events or too short a "
        "follow-up. Groups that no column names are not judged."
    )


def test_without_age_or_centre_fairness_is_not_known():
    assert "is not known" in describe_fairness(LEVELS, HEADINGS)


def test_methods_say_the_test_and_what_was_planned():
    said = describe_methods(LEVELS, interactions_of(0.1, 0.1), "AUC", ["er"])
    assert "net benefit at a risk of 20%" in said and "Welch's test" in said
    assert said.endswith("Named before anything was fitted: er.")
    nothing = describe_methods(
        LEVELS.assign(threshold=np.nan), interactions_of(1, 1)[:0], "AUC", []
    )
    assert "Welch" not in nothing and "net benefit" not in nothing
    assert nothing.endswith("None was planned.")


def contents_of(characteristics, recalibrated=True, named="auto", planned=()):
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
                also=SimpleNamespace(cohorts=()),
                seed=1,
                decisions=DecisionSettings(),
                subgroups=SubgroupSettings(columns=named),
            ),
            folder=SimpleNamespace(
                has_table=lambda name: (
                    name == "patients.parquet" and characteristics is not None
                ),
                read_table=lambda _: characteristics,
                read_planned_subgroups=lambda: list(planned),
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
    contents = contents_of(characteristics)
    blocks, (told, fairness, columns) = written(contents)
    assert told.startswith("network differs between levels") and "O/E by er" in told
    assert "negative" in told and "exploratory" in told and "Numbers" not in columns
    assert "is not known" in fairness
    assert columns.startswith("Patients are looked at by er: ")
    assert "These groups were not planned" in columns
    levels, net_benefit, tests = blocks[-3:]
    assert [row[0] for row in levels.shown.rows] == ["er: negative", "er: positive"]
    assert [row[2] for row in levels.shown.rows][1] == "largest"
    (of_levels,) = net_benefit.blocks
    assert "All rows: at a risk of 20%." in of_levels.shown.caption  # that of all is 0.25
    assert "bootstrap" in levels.shown.note and "Wald" in levels.shown.note
    assert [row[2] for row in tests.shown.rows] == ["AUC", "O/E"]
    assert "planned: no, exploratory" in tests.shown.caption


def test_columns_that_were_planned_are_said_to_be(characteristics):
    contents = contents_of(characteristics, named=["er"], planned=["er"])
    blocks, (told, _, columns) = written(contents)
    assert "planned)" in told and "named before anything was fitted" in columns
    assert "planned: yes" in blocks[-1].shown.caption


def test_the_chart_has_two_panels_with_lines_at_chance_and_the_overall_value(characteristics):
    contents = contents_of(characteristics)
    written(contents)
    panels = contents.charts["subgroups"].to_dict()
    assert [panel["width"] for panel in panels["concat"]] == [185, 140]
    lines = [
        rows[0]["value"] for rows in panels["datasets"].values() if set(rows[0]) == {"value"}
    ]
    overall = contents.tables["discrimination"]["auc"].iloc[0]
    assert sorted(lines) == pytest.approx(sorted([0.5, overall, 1.0]))
    rows = next(rows for rows in panels["datasets"].values() if len(rows[0]) > 1)
    assert [row["label"] for row in rows] == ["", "er", "negative", "positive"]
    assert rows[1]["numbers"].startswith("interaction p ")
    assert rows[2]["counts"] == "80 / 20"


def test_without_recalibrated_probabilities_there_is_no_ratio(characteristics):
    contents = contents_of(characteristics, recalibrated=False)
    blocks, _ = written(contents)
    (levels,) = [block for block in blocks if getattr(block, "name", "") == "subgroups"][1:]
    assert not [head for head in levels.shown.headings if head.startswith("O/E")]
    assert "concat" not in contents.charts["subgroups"].to_dict(), "one panel"


def test_an_older_folder_says_how_to_add_what_is_known(characteristics):
    contents = contents_of(None)
    _, (why,) = written(contents)
    assert "older than its table" in why and "`deepcme run` adds it" in why


def test_a_cohort_without_such_columns_says_so(characteristics):
    _, (why,) = written(contents_of(characteristics[["sample"]]))
    assert "has no column, such as age" in why
