"""What the report says of several cohorts together, and what it does not average."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from deepcme.evaluation.discrimination import compute_discrimination
from deepcme.evaluation.measures import AUC
from deepcme.report.blocks import Text
from deepcme.report.section import Contents
from deepcme.report.sections.discrimination import compute_auc_by_split, compute_mean_roc
from deepcme.report.sections.groups import meta_analysis
from deepcme.report.sections.groups.meta_analysis import describe_limits, describe_pooled_ranks
from tests.evaluation.groups.test_cohorts_left_out import left_out


def pooled(**changes):
    row = {
        "model": "network",
        "value": 0.688275,
        "ci_low": 0.536162,
        "ci_high": 0.808336,
        "prediction_low": 0.344501,
        "prediction_high": 0.902686,
        "tau2": 0.213,
        "i2": 81.1,
        "k": 5,
        "interval": "Hartung-Knapp t",
        "not_pooled": "",
    }
    return pd.Series({**row, **changes})


def test_the_pooled_auc_is_said_with_what_a_new_cohort_may_show():
    assert describe_pooled_ranks(pooled(), "AUC") == (
        "Pooled over the 5 cohorts left out, the AUC of network is 0.688 (95% interval 0.536 to "
        "0.808, Hartung-Knapp t); in a new cohort like these it may be anywhere from 0.34 to "
        "0.90 (95% prediction interval)."
    )


def test_of_times_it_is_the_c_that_is_pooled():
    of_times = describe_pooled_ranks(pooled(), "Uno's C")
    assert of_times.startswith(
        "Pooled over the 5 cohorts left out, Uno's C of network is 0.688"
    )
    assert "variance of the cohorts' values of C" in describe_limits(pooled(), "Uno's C")


@pytest.mark.parametrize("k", [2, 3])
def test_below_four_cohorts_there_is_a_warning(k):
    assert f"prediction interval; a guess from {k})" in describe_pooled_ranks(
        pooled(k=k), "AUC"
    )
    assert f"cannot be told from {k} of them; at least 4" in describe_limits(pooled(k=k), "AUC")


def test_from_four_cohorts_on_there_is_none():
    assert "guess" not in describe_pooled_ranks(pooled(k=4), "AUC")
    assert "at least 4" not in describe_limits(pooled(k=4), "AUC")


def test_above_chance_on_average_is_not_above_chance_everywhere():
    assert "in a new one it need not be" in describe_limits(pooled(), "AUC")
    everywhere = describe_limits(pooled(prediction_low=0.52), "AUC")
    assert "need not be" not in everywhere and "not excluded" not in everywhere


def test_an_interval_that_holds_chance_says_so():
    assert "chance is not excluded" in describe_limits(pooled(ci_low=0.48), "AUC")


def test_how_far_cohorts_differ_is_said_and_agreement_is_not_claimed():
    assert "81% (I2) is between cohorts" in describe_limits(pooled(), "AUC")
    agree = describe_limits(pooled(tau2=0.0, i2=0.0), "AUC")
    assert "no proof that they agree" in agree


def test_cohorts_that_are_not_pooled_are_named():
    assert "not pooled: east" in describe_limits(pooled(not_pooled="east"), "AUC")


def contents_of(predictions):
    results = SimpleNamespace(
        predictions=predictions, study=None, is_survival=False, ranked_by=AUC
    )
    contents = Contents(results)
    contents.tables["discrimination"] = compute_discrimination(
        predictions, np.random.default_rng(0), 100
    )
    return contents


@pytest.fixture
def headline(monkeypatch):
    monkeypatch.setattr(Contents, "headline", property(lambda _: "network"))


def said(contents):
    meta_analysis.SECTION.compute(contents)
    return [
        block.text for block in meta_analysis.SECTION.write(contents) if isinstance(block, Text)
    ]


def test_the_section_says_draws_and_tabulates(headline):
    contents = contents_of(left_out())
    verdict, limits = said(contents)
    assert verdict == contents.notes["meta_analysis_verdict"]
    assert verdict.startswith("Pooled over the 4 cohorts")
    assert "O/E: pooled" in limits and "Slope: pooled" in limits
    drawn = contents.charts["meta_analysis"].to_dict()
    labels = [
        row["label"] for rows in drawn["datasets"].values() for row in rows if "label" in row
    ]
    assert labels == [
        "Cohort left out",
        "north",
        "south",
        "east",
        "west",
        "Pooled over 4",
        "A new cohort",
    ]


def test_a_single_cohort_with_an_interval_is_said_and_not_pooled(headline):
    perfect = left_out(names=("north", "south"), perfect=("south",)).drop(columns="probability")
    contents = contents_of(perfect)
    verdict, why = said(contents)
    assert "is not pooled" in verdict and "none for south" in verdict
    assert "a meta-analysis needs two" in why


def test_a_study_that_leaves_no_cohort_out_has_no_such_section(headline):
    contents = contents_of(left_out().drop(columns="left_out"))
    assert said(contents) == []
    assert "meta_analysis_verdict" not in contents.notes


def test_nothing_is_averaged_over_cohorts():
    predictions = left_out(draws=2)
    table = compute_auc_by_split(predictions)
    assert {"mean", "sd"}.isdisjoint(table.columns)
    assert compute_mean_roc(predictions)["left_out"].drop_duplicates().tolist() == [
        "north",
        "south",
        "east",
        "west",
    ]


def test_splits_of_one_cohort_are_averaged():
    predictions = left_out(draws=2).drop(columns="left_out")
    assert compute_auc_by_split(predictions).columns[-2:].tolist() == ["mean", "sd"]
    assert "left_out" not in compute_mean_roc(predictions)
