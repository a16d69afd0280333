"""A verdict on times says what the numbers allow, and why where there is none."""

from dataclasses import replace

import numpy as np
import pandas as pd

from deepcme.cohort.follow_up import FollowUp
from deepcme.report.survival.verdict.facts import SurvivalFacts
from deepcme.report.survival.verdict.phrases import PHRASES, choose_phrases
from deepcme.report.survival.verdict.verdict import make_survival_verdict
from deepcme.study.designs import FoldsDesign

SPLIT = FoldsDesign(design="folds", repeats=2, folds=5, validation=0.2, by="patient")
WHY = "Only 3 of 200 patients are followed beyond the horizon, fewer than 10: take an earlier horizon."


def followed(competing=False, longest=10.0):
    """200 patients in years: 40 with the event, most by 5, and others censored before."""
    times = np.r_[np.linspace(0.5, 7, 40), np.linspace(1, longest, 160)]
    events = np.r_[np.ones(40), np.zeros(160)].astype(int)
    if competing:
        events[45:65] = 2
    return FollowUp(times, events)


def row(value, low, high, **more):
    table = {"value": value, "ci_low": low, "ci_high": high, "tau": 5.0, "events": 28}
    counts = {"n": 200, "n_splits": 10, "n_not_estimable": 0, "absent": ""}
    return pd.DataFrame([{**table, **counts, **more}])


GROUPS = pd.DataFrame(
    {
        "group": ["lowest", "middle", "highest"],
        "n": [70, 68, 62],
        "risk": [0.06, 0.15, 0.31],
        "ci_low": [0.01, 0.07, 0.2],
        "ci_high": [0.11, 0.23, 0.41],
    }
)
COMPARISON = pd.DataFrame(
    {
        "baseline": ["DeepCME-ensemble"],
        "comparator": [True],
        "difference": [0.02],
        "ci_low": [-0.05],
        "ci_high": [0.09],
    }
)


def facts(**changes):
    good = SurvivalFacts(
        model="Cox-ridge",
        rows=row(0.68, 0.59, 0.76),
        split=SPLIT,
        above_chance=["Cox-ridge"],
        training_share=0.64,
        cohort={"patients": 200, "samples": 200},
        comparison=COMPARISON,
        follow_up=followed(),
        unit="years",
        horizon=5.0,
        groups=GROUPS,
        notes={"calibration_verdict": "Calibrated.", "usefulness_verdict": "Useful."},
    )
    return replace(good, **changes)


def said(**changes):
    of = facts(**changes)
    return {phrase.name: phrase.words(of) for phrase in choose_phrases(of)}


def nothing(**more):
    return row(np.nan, np.nan, np.nan, n_splits=0, n_not_estimable=10, absent=WHY, **more)


def test_everybody_who_was_followed_comes_first():
    assert said()["who"] == (
        "200 patients, followed for a median of 5.98 years: 28 had the event by 5 years, 71 "
        "(36%) were censored before; the risk is 17% (Kaplan-Meier, 95% interval 11% to 23%)."
    )
    competing = said(follow_up=followed(competing=True))["who"]
    assert "by 5 years and 20 the competing event first, " in competing
    assert "the risk is 16% (Aalen-Johansen" in competing


def test_days_are_told_in_years():
    longer = followed()
    days = FollowUp(longer.times * 365.25, longer.events)
    told = said(
        follow_up=days, unit="days", horizon=1826.25, rows=row(0.7, 0.6, 0.8, tau=1826.25)
    )
    assert "28 had the event by 5 years" in told["who"]
    assert "Uno's C up to 5 years of 0.700 (" in told["one cohort"]


def test_a_good_model_is_told_in_about_100_words_beside_its_sections():
    verdict = make_survival_verdict(facts()).paragraph
    assert 100 < len(verdict.split()) < 120
    assert verdict.endswith(
        "One fit of Cox-ridge on 64% of them has a Uno's C up to 5 years of 0.680 (95% bootstrap "
        "interval 0.590 to 0.760). This interval excludes 0.5: above chance. No demonstrated "
        "advantage over DeepCME-ensemble, the comparator named beforehand (difference in C "
        "+0.020, -0.050 to +0.090). Risk by 5 years in the third predicted lowest: 6% (1% to "
        "11%); predicted highest: 31% (20% to 41%). Calibrated. Useful. All this holds if "
        "censoring has nothing to do with the risk."
    )


def test_intervals_are_named_where_that_of_c_is_none():
    without = row(0.5, np.nan, np.nan)
    told = said(rows=without, above_chance=[], notes={
        "calibration_verdict": "Fair (O/E 0.9, 0.7 to 1.2).",
        "calibration": "Fair (O/E 0.9, 95% bootstrap interval 0.7 to 1.2).",
    })  # fmt: skip
    assert "no interval can be given" in told["one cohort"]
    assert "+0.020, 95% bootstrap interval -0.050 to +0.090" in told["tie"]
    assert "95% bootstrap interval 0.7" in told["calibration"]


def test_permutations_decide_what_chance_is_where_they_can():
    permutation = pd.DataFrame([{"n_permutations": 199, "n_as_good": 3, "p_value": 0.02}])
    told = said(permutation=permutation)
    assert told["above chance by permutation"] == (
        "With permuted outcomes 3 of 199 reruns did as well: p = 0.020, above chance."
    )
    assert "above chance" not in told
    few = said(permutation=permutation.assign(n_permutations=9))
    assert {"above chance", "permutation that decides nothing"} <= few.keys()


def test_chance_is_said_by_the_interval_and_then_nothing_is_claimed():
    ahead = COMPARISON.assign(ci_low=0.01)
    behind = COMPARISON.assign(ci_high=-0.01)
    at_chance = {"rows": row(0.53, 0.44, 0.62), "above_chance": []}
    assert "holds 0.5: not shown" in said(**at_chance)["at chance"]
    assert "win" in said(comparison=ahead)
    for comparison in (ahead, behind, COMPARISON):
        chosen = choose_phrases(facts(comparison=comparison, **at_chance))
        assert not [phrase.name for phrase in chosen if phrase.claims]


def test_what_cannot_be_estimated_is_said_once_and_why():
    told = said(rows=nothing(), above_chance=[], groups=None, notes={})
    assert told["one cohort"] == (
        "Uno's C of Cox-ridge cannot be estimated: only 3 of 200 patients are followed beyond "
        "the horizon, fewer than 10: take an earlier horizon."
    )
    assert not {"above chance", "at chance", "below chance"} & told.keys()
    assert not {"thirds", "calibration", "few events", "censoring"} & told.keys()
    assert "give no thirds" in said(groups=GROUPS[1:])["thirds"]
    alone = said(rows=nothing(), horizon=None, above_chance=[])["one cohort"]
    assert alone.startswith("Uno's C of Cox-ridge cannot be estimated: only 3 of 200")
    some = row(0.6, 0.5, 0.7, n_splits=8, n_not_estimable=2, absent="no patient has the event")
    assert (
        "over 10 folds (2 x 5) but 2, where no patient has the event"
        in said(rows=some)["one cohort"]
    )
    unknown = COMPARISON.assign(difference=np.nan, ci_low=np.nan, ci_high=np.nan)
    assert "(the difference in C cannot be estimated)" in said(comparison=unknown)["tie"]


def test_without_a_horizon_c_stands_alone():
    told = said(horizon=None, rows=row(0.68, 0.59, 0.76, tau=7.3), groups=None, notes={})
    assert told["who"].endswith(
        "40 had the event; no horizon was named, so that no risk is given."
    )
    assert "Uno's C up to 7.3 years of 0.680" in told["one cohort"]
    assert told.keys() == {
        "who",
        "one cohort",
        "above chance",
        "tie",
        "few events",
        "censoring",
    }
    assert told["censoring"] == "All this holds if censoring has nothing to do with the risk."


def test_each_cohort_left_out_has_its_own_concordance():
    rows = pd.concat([row(0.7, 0.6, 0.8), row(0.6, 0.45, 0.74), nothing()])
    rows = rows.assign(left_out=["A", "B", "C"])
    told = said(rows=rows, above_chance=[], comparison=None)
    assert (
        "0.700 in A (95% bootstrap interval 0.600 to 0.800; 28 events); 0.600 in B"
        in told["cohorts left out"]
    )
    assert "a value that cannot be estimated in C" in told["cohorts left out"]
    assert told["cohorts at chance"] == "Not shown to be above chance in B, C."
    assert not {"thirds", "tie"} & told.keys()


def test_fits_that_selected_nothing_are_counted_aloud():
    assert said(n_fits=10, n_nothing=3)["selects nothing"] == (
        "3 of its fits selected no gene, as none foretold the time: that counts as C = 0.5."
    )
    assert said(n_fits=10, n_nothing=10)["selects nothing"].startswith("Every fit selected no")


def test_columns_that_censoring_may_depend_on_weaken_the_assumption():
    assert said(censoring=("age", "er"))["censoring"].endswith(
        "if censoring, beyond what age, er tell, has nothing to do with the risk."
    )


def test_what_genes_add_is_said_only_of_what_exceeds_chance():
    notes = {"added_value_verdict": "Genes add."}
    assert "added value" not in said(notes=notes)
    both = ["Cox-ridge", "clinical + genes"]
    assert said(notes=notes, above_chance=both)["added value"] == "Genes add."


def test_names_of_phrases_differ():
    names = [phrase.name for phrase in PHRASES]
    assert len(set(names)) == len(names)
