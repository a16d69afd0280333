"""Acting on risks: what is said of use and harm, and which risks are taken."""

import numpy as np
import pandas as pd
import pytest

from deepcme.base.errors import AbsentError
from deepcme.evaluation.probabilities.utility import DEFAULT_THRESHOLDS
from deepcme.report.results import StudyResults
from deepcme.report.sections.usefulness import describe_risks, describe_usefulness
from deepcme.study.settings import DecisionSettings


def differences(*rows, **columns):
    """Rows of one model: threshold, difference, and the ends of its interval."""
    table = pd.DataFrame(rows, columns=["threshold", "difference", "ci_low", "ci_high"])
    return table.assign(**columns)


UNCLEAR = (0.05, 0.002, -0.01, 0.014)
USEFUL = (0.2, 0.041, 0.003, 0.079)
HARMFUL = (0.3, -0.05, -0.09, -0.01)


def said(*rows, may_claim=True, **columns):
    return describe_usefulness("NET", differences(*rows, **columns), may_claim=may_claim)


def test_useful_where_the_interval_is_above_0_and_nowhere_else():
    assert said(UNCLEAR, USEFUL) == (
        "Acting on the recalibrated risks of NET does more good than treating all or none at a "
        "risk of 20% (net benefit +0.041, 95% interval +0.003 to +0.079)."
    )


def test_no_use_is_claimed_of_a_model_that_is_not_shown_to_exceed_chance():
    assert said(UNCLEAR, USEFUL, may_claim=False) == (
        "Acting on the recalibrated risks of NET is not shown to do more good than the better "
        "of treating all and none at risks of 5% to 20%."
    )


def test_an_interval_that_holds_0_shows_neither_use_nor_harm():
    assert said(UNCLEAR) == (
        "Acting on the recalibrated risks of NET is not shown to do more good than the better "
        "of treating all and none at a risk of 5%."
    )
    assert "worse" not in said(UNCLEAR, (0.075, -0.01, -0.02, 0.0))


def test_harm_is_told_of_any_model():
    for may_claim in (True, False):
        assert said(UNCLEAR, HARMFUL, may_claim=may_claim).endswith(
            "is not shown to do more good than the better of treating all and none at risks of "
            "5% to 30%, and does less than the better of the two at a risk of 30% (net "
            "benefit -0.050, 95% interval -0.090 to -0.010)."
        )
    both = said(USEFUL, HARMFUL)
    assert "does more good than treating all or none at a risk of 20% (" in both
    assert "and does less than the better of the two at a risk of 30% (" in both


def test_several_risks_are_listed_and_their_numbers_left_to_the_table():
    assert said((0.1, 0.03, 0.01, 0.05), UNCLEAR, USEFUL).endswith("at risks of 10% and 20%.")


def test_cohorts_left_out_are_told_apart_and_never_pooled():
    text = said(USEFUL, UNCLEAR, left_out=["north", "south"])
    assert "at a risk of 20% in north (net benefit +0.041" in text
    assert "south" not in text
    assert said(UNCLEAR, UNCLEAR, left_out=["north", "south"]).endswith(
        "at a risk of 5% in any cohort left out."
    )
    harm = said(USEFUL, HARMFUL, HARMFUL, left_out=["a", "a", "b"])
    assert harm.endswith("the two at risks of 30% in a and 30% in b.")


def test_a_model_without_a_curve_has_no_sentence():
    assert describe_usefulness("NET", differences(), may_claim=True) == ""


def test_models_left_out_are_named_with_the_reason():
    assert "Left out" not in describe_risks([])
    assert describe_risks(["KNN", "DT"]).endswith(
        "rose with the risk in no split's rows for recalibration, so that everyone gets the "
        "same risk: KNN, DT."
    )


@pytest.fixture
def results(predictions_of):
    """A model whose scores rise with the risk, and one whose scores fall, in two splits."""
    return StudyResults(None, None, {}, predictions_of(rises=1.0, falls=-1.0))


@pytest.fixture
def predictions_of():
    def make(**signs):
        random = np.random.default_rng(5)
        label = np.arange(60) % 3 == 0
        score = random.normal(size=60) + 2 * label
        names = [f"P{i}" for i in range(60)]
        columns = {"sample": names, "patient": names, "label": label.astype(int)}
        tables = [
            pd.DataFrame({**columns, "score": sign * score}).assign(
                split=split,
                model=model,
                part=np.repeat([*parts], 30),
                probability=np.nan,
            )
            for model, sign in signs.items()
            for split, parts in enumerate([("validation", "test"), ("test", "validation")])
        ]
        return pd.concat(tables, ignore_index=True)

    return make


def test_only_recalibrated_risks_are_acted_on_and_of_scores_that_rise_with_them(results):
    assert results.not_recalibrated == ["falls"]
    kept = results.recalibrated
    assert kept["model"].unique().tolist() == ["rises"]
    assert kept["probability"].between(0, 1).all()


def test_without_any_such_model_there_is_no_curve(predictions_of):
    with pytest.raises(AbsentError, match="The scores of no model rise with the risk"):
        _ = StudyResults(None, None, {}, predictions_of(falls=-1.0)).recalibrated


def test_a_study_and_a_model_in_use_are_judged_at_the_same_risks():
    assert DecisionSettings().thresholds == DEFAULT_THRESHOLDS
