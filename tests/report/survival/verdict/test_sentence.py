"""The first sentence of a report on times, and the numbers beside it."""

from dataclasses import replace

import pandas as pd

from deepcme.report.added_value_verdict import Effect
from deepcme.report.survival.verdict.phrases import describe_followed
from deepcme.report.survival.verdict.verdict import make_survival_verdict
from deepcme.report.verdict.answers import choose_answer
from deepcme.report.verdict.asked import Asked
from deepcme.report.verdict.estimate import Estimate
from deepcme.report.verdict.gain import Gain
from deepcme.report.verdict.sentence import make_sentence
from deepcme.report.verdict.tiles import make_tiles
from tests.report.survival.verdict.test_phrases import COMPARISON, facts, nothing, row

VALUES = {"Cox-ridge": 0.68, "DeepCME-ensemble": 0.66}
ASKED = Asked("distant metastasis", "DeepCME-ensemble", VALUES)
INDEX = pd.DataFrame(
    [
        {
            "model": "nottingham-index", "title": "Nottingham prognostic index",
            "standing": "full", "value": 0.64, "difference": 0.04, "difference_low": -0.03,
            "difference_high": 0.11, "p_holm": 0.4,
        }
    ]
)  # fmt: skip


def sentence(**changes):
    return make_survival_verdict(facts(**{"asked": ASKED, **changes})).sentence


def test_the_event_is_asked_for_by_the_horizon_where_there_is_one():
    said = (
        "For distant metastasis{}, the C-index is 0.68 (0.59 to 0.76) by genes (Cox-ridge) and "
        "0.66 by genes (DeepCME-ensemble): no demonstrated gain over DeepCME-ensemble."
    )
    assert sentence() == said.format(" within 5 years")
    assert sentence(horizon=None) == said.format("")


def test_the_clinics_index_comes_before_the_trained_comparator():
    of = facts(asked=replace(ASKED, index=INDEX))
    assert make_sentence(of).endswith(
        "and 0.64 by the Nottingham prognostic index: no demonstrated gain over the index."
    )
    tile = make_tiles(of, describe_followed(of), "", "patients")[2]
    assert (tile.label, tile.value) == ("Against the Nottingham prognostic index", "+0.04")
    assert tile.note.endswith("against DeepCME-ensemble +0.02 (-0.05 to +0.09).")


def test_genes_add_to_columns_by_the_rule_of_the_verdict():
    gain = Gain(("age",), "Cox-ridge", 0.66, 0.71, Estimate(0.05, 0.01, 0.09), Effect.ADDS)
    with_columns = {"asked": replace(ASKED, gain=gain)}
    assert sentence(**with_columns) == (
        "For distant metastasis within 5 years, the C-index is 0.68 (0.59 to 0.76) by genes alone "
        "(Cox-ridge), 0.66 by age, and 0.71 by both: the genes add to these clinical columns."
    )
    at_chance = {"rows": row(0.53, 0.44, 0.62), "above_chance": ["DeepCME-ensemble"]}
    assert sentence(**with_columns, **at_chance).endswith("not shown to be above chance.")


def test_a_loss_is_told_of_a_comparator_above_chance_alone():
    behind = {"comparison": COMPARISON.assign(ci_high=-0.01)}
    assert sentence(**behind).endswith("no demonstrated gain over DeepCME-ensemble.")
    both = ["Cox-ridge", "DeepCME-ensemble"]
    assert sentence(**behind, above_chance=both).endswith("less than DeepCME-ensemble.")


def test_without_a_value_too_few_events_tell():
    of = facts(asked=ASKED, rows=nothing(), above_chance=[])
    assert choose_answer(of).name == "too few events"
    assert "the C-index by genes (Cox-ridge) cannot be estimated" in make_sentence(of)


def test_patients_are_told_with_their_follow_up_and_risk():
    tile = describe_followed(facts(cohort={"patients": 205, "samples": 205}))
    assert (tile.label, tile.value) == ("Patients", "200")
    assert tile.interval == "28 events by 5 years"
    assert tile.note == (
        "Followed for a median of 5.98 years; the risk is 17% (Kaplan-Meier, 95% interval 11% "
        "to 23%); 5 others are in no test part."
    )
