"""The verdict's phrases: each is said where it applies, word by word, and not elsewhere."""

import pandas as pd
import pytest

from deepcme.report.verdict.facts import Facts
from deepcme.report.verdict.phrases import PHRASES, choose_phrases
from deepcme.report.verdict.verdict import make_verdict
from deepcme.study.designs import (
    FoldsDesign,
    LeaveOneCohortOutDesign,
    NestedDesign,
    RepeatedDesign,
)

NAN = float("nan")
FOLDS = FoldsDesign(by="patient", strata="none", repeats=2)
BATCHES = FoldsDesign(by="patient", strata="batch", repeats=2)
REPEATED = RepeatedDesign(by="patient", strata="none")
LEFT_OUT = LeaveOneCohortOutDesign(by="patient", strata="none")


def discrimination(auc=0.7, low=0.6, high=0.8, n=1000, events=300, n_splits=10, **columns):
    row = {"model": "DeepCME", "auc": auc, "ci_low": low, "ci_high": high, "n": n}
    counts = {"events": events, "n_patients": n, "n_splits": n_splits}
    return pd.DataFrame([row | counts | columns])


def comparison(difference, low, high, named="LR", p_holm=(0.2, 0.001)):
    """LR with these numbers, and KNN, which is beaten by far."""
    rows = [
        {"baseline": "LR", "difference": difference, "ci_low": low, "ci_high": high},
        {"baseline": "KNN", "difference": 0.4, "ci_low": 0.3, "ci_high": 0.5},
    ]
    probabilities = {"better": 0.6, "equivalent": 0.3, "worse": 0.1}
    columns = {f"probability_{name}": value for name, value in probabilities.items()}
    table = pd.DataFrame(rows).assign(p_holm=p_holm, margin=0.02, **columns)
    return table.assign(comparator=table["baseline"] == named)


TIE, WIN, LOSS = (
    comparison(difference, difference - 0.05, difference + 0.05)
    for difference in (0.02, 0.08, -0.08)
)


def facts(rows=None, split=FOLDS, above=("DeepCME", "LR"), **others):
    rows = discrimination() if rows is None else rows
    events = rows["events"].sum()
    counts = {
        "samples": rows["n"].sum(),
        "positives": events,
        "positive_patients": events,
    }
    cohort = {"patients": rows["n_patients"].sum(), **counts} | others.pop("cohort", {})
    return Facts("DeepCME", rows, split, above, 0.6, cohort, **others)


def cohorts(*intervals, **columns):
    names = ("north", "south", "east", "west")
    rows = [
        discrimination((low + high) / 2, low, high, n_splits=1, left_out=name, **columns)
        for name, (low, high) in zip(names, intervals, strict=False)
    ]
    return pd.concat(rows, ignore_index=True)


def permuted(n, n_as_good=0):
    p_value = (1 + n_as_good) / (1 + n)
    row = {"n_permutations": n, "n_as_good": n_as_good, "p_value": p_value}
    return {"permutation": pd.DataFrame([row])}


def noted(name):
    return facts(notes={f"{name}_verdict": f"The sentence on {name}."})


NOISE = {"above": (), "rows": discrimination(0.55, 0.45, 0.65)}
NUMBERS = "posterior, flat prior: better 0.60, worse 0.10, within 0.02 either way 0.30"
NAMED = "LR, the comparator named beforehand"

# Each phrase: what it is said of, its words, and what it is not said of.
CASES = {
    "one cohort": (
        facts(),
        "The AUC of one fit of DeepCME on 60% of these patients, averaged over 10 folds (2 x "
        "5), is 0.700 (95% bootstrap interval 0.600 to 0.800; 1000 samples, 300 events).",
        facts(cohorts((0.6, 0.8), (0.6, 0.8)), LEFT_OUT),
    ),
    "cohorts left out": (
        facts(cohorts((0.6, 0.8), (0.5, 0.7)), LEFT_OUT),
        "One fit of DeepCME on 60% of the other cohorts' patients has an AUC of 0.700 in north "
        "(95% bootstrap interval 0.600 to 0.800; 1000 samples, 300 events); 0.600 in south (95% "
        "bootstrap interval 0.500 to 0.700; 1000 samples, 300 events).",
        facts(),
    ),
    "not everyone tested": (
        facts(
            discrimination(n=165, events=30),
            REPEATED,
            cohort={"samples": 189, "patients": 189, "positives": 35, "positive_patients": 35},
        ),
        "Tested were 165 of 189 patients, with 30 of 35 events: random splits leave some out.",
        facts(split=REPEATED),
    ),
    "leak": (
        facts(leaks=["samples of one patient are on both sides"]),
        "This AUC may be too high for new patients: samples of one patient are on both sides.",
        facts(),
    ),
    "above chance by permutation": (
        facts(**permuted(19)),
        "With permuted labels 0 of 19 reruns did as well: p = 0.050, above chance.",
        facts(**NOISE, **permuted(19)),
    ),
    "at chance by permutation": (
        facts(**NOISE, **permuted(1999, 600)),
        "With permuted labels 600 of 1,999 reruns did as well: p = 0.300, not shown to be above "
        "chance.",
        facts(**permuted(19)),
    ),
    "permutation that decides nothing": (
        facts(**permuted(10)),
        "10 permutations cannot reject (smallest p 1/11).",
        facts(**permuted(19)),
    ),
    "above chance": (
        facts(),
        "This interval excludes 0.5: above chance.",
        facts(**permuted(19)),
    ),
    "at chance": (
        facts(**NOISE),
        "This interval holds 0.5: not shown to be above chance.",
        facts(),
    ),
    "below chance": (
        facts(discrimination(0.4, 0.3, 0.49), above=()),
        "This interval lies below 0.5, as without any signal it may: not shown to be above "
        "chance.",
        facts(**NOISE),
    ),
    "cohorts at chance": (
        facts(cohorts((0.6, 0.8), (0.4, 0.7)), LEFT_OUT, above=()),
        "Not shown to be above chance in south.",
        facts(cohorts((0.6, 0.8), (0.6, 0.8)), LEFT_OUT),
    ),
    "across levels": (
        facts(discrimination(pooled_auc=0.71, pooled_ci_low=0.6, pooled_ci_high=0.8), BATCHES),
        "Ranked across levels it is 0.710 (95% bootstrap interval 0.600 to 0.800).",
        facts(),
    ),
    "win": (
        facts(comparison=WIN),
        f"DeepCME did better than {NAMED} (AUC difference +0.080, 95% t interval +0.030 to "
        f"+0.130; {NUMBERS}).",
        facts(comparison=WIN, **NOISE),
    ),
    "loss": (
        facts(comparison=LOSS),
        f"DeepCME did worse than {NAMED} (AUC difference -0.080, 95% t interval -0.130 to "
        f"-0.030; {NUMBERS}).",
        facts(comparison=LOSS, above=("DeepCME", "KNN")),
    ),
    "tie": (
        facts(comparison=TIE),
        f"No demonstrated advantage over {NAMED} (AUC difference +0.020, 95% t interval -0.030 "
        f"to +0.070; {NUMBERS}).",
        facts(comparison=WIN),
    ),
    "difference without signal": (
        facts(comparison=LOSS, above=("DeepCME", "KNN")),
        f"No difference from {NAMED}, is claimed, as LR is not shown to be above chance (AUC "
        f"difference -0.080, 95% t interval -0.130 to -0.030; {NUMBERS}).",
        facts(comparison=LOSS),
    ),
    "no comparator": (
        facts(comparison=comparison(0.08, 0.03, 0.13, named=None)),
        "No comparator was named before the study was run.",
        facts(comparison=TIE),
    ),
    "better than others": (
        facts(comparison=TIE),
        "Corrected for all 2 comparisons (Holm), it did better than KNN.",
        facts(comparison=TIE, **NOISE),
    ),
    "worse than others": (
        facts(comparison=comparison(-0.08, -0.13, -0.03, p_holm=(0.01, 0.01))),
        "Corrected for all 2 comparisons (Holm), it did worse than LR.",
        facts(comparison=comparison(-0.08, -0.13, -0.03, p_holm=(0.01, 0.01)), above=()),
    ),
    "told apart from none": (
        facts(comparison=comparison(0.02, -0.03, 0.07, p_holm=(0.2, 0.06))),
        "It is told apart from none of 2 baselines (Holm).",
        facts(comparison=TIE),
    ),
    "cohorts are not compared": (
        facts(cohorts((0.6, 0.8), (0.6, 0.8)), LEFT_OUT),
        "No test compares it with baselines: each test part is another population.",
        facts(),
    ),
    "few events": (
        facts(discrimination(n=189, events=35)),
        "With 35 events these numbers are imprecise: expect others from other patients.",
        facts(),
    ),
    **{
        name.replace("_", " "): (noted(name), f"The sentence on {name}.", facts())
        for name in (
            "meta_analysis",
            "labelled_alone",
            "added_value",
            "calibration",
            "usefulness",
            "sample_size",
        )
    },
}


def said(of):
    return {phrase.name: phrase.words(of) for phrase in choose_phrases(of)}


def paragraph(of):
    return make_verdict(of).paragraph


# Those of the signature are told by its own tests.
NAMES = [phrase.name for phrase in PHRASES if not phrase.name.startswith("signature")]


@pytest.mark.parametrize("name", NAMES)
def test_each_phrase_is_said_where_it_applies_and_not_elsewhere(name):
    where, words, elsewhere = CASES[name]
    assert said(where)[name] == words
    assert name not in said(elsewhere)


def test_without_signal_no_phrase_claims_anything():
    planned = (TIE, WIN, LOSS, comparison(-0.08, -0.13, -0.03, p_holm=(0.01, 0.01)))
    studies = [facts(**NOISE, comparison=table) for table in planned]
    studies.append(facts(**NOISE, **permuted(99), comparison=WIN))
    studies.append(facts(discrimination(0.4, 0.3, 0.49), above=(), comparison=LOSS))
    studies.append(facts(cohorts((0.6, 0.8), (0.4, 0.7)), LEFT_OUT, above=()))
    for study in studies:
        assert not [phrase.name for phrase in choose_phrases(study) if phrase.claims]


def test_what_was_asked_comes_first_and_how_sure_it_is_last():
    rows = discrimination(n=189, events=35)
    notes = {f"{name}_verdict": f"{name}." for name in ("calibration", "usefulness")}
    notes["added_value_verdict"] = "added."
    study = facts(rows, comparison=TIE, notes=notes)
    assert [*said(study)] == [
        "one cohort", "above chance", "tie", "better than others", "added value", "calibration",
        "usefulness", "few events",
    ]  # fmt: skip


def test_an_ordinary_verdict_is_short():
    notes = {"calibration_verdict": "Risks are about twice too high.", "usefulness_verdict": ""}
    study = facts(discrimination(n=189, events=35), comparison=TIE, notes=notes)
    assert len(paragraph(study).split()) < 110


def test_looks_follow_the_permutation_test():
    several = said(facts(**permuted(99), looks=(19, 99)))["above chance by permutation"]
    assert "p = 0.010, above chance. Looked at after 19, 99 permutations: with" in several
    assert "Looked" not in paragraph(facts(**permuted(99), looks=(99,)))


def test_one_comparison_needs_no_correction():
    assert "Holm" not in paragraph(facts(comparison=TIE.iloc[:1]))


def test_an_interval_that_cannot_be_given_excludes_nothing():
    nothing = discrimination(low=NAN, high=NAN)
    text = paragraph(facts(nothing, above=()))
    assert "0.700 (no interval can be given; 1000 samples" in text
    assert "Without an interval it is not shown to be above chance." in text
    text = paragraph(facts(comparison=comparison(0.2, NAN, NAN)))
    assert f"No demonstrated advantage over {NAMED}" in text
    assert "AUC difference +0.200, no interval can be given; posterior" in text
    text = paragraph(facts(nothing.assign(left_out="north"), LEFT_OUT, above=()))
    assert "Not shown to be above chance in north." in text
    assert "nan" not in text


def test_the_auc_within_batches_leads_and_the_pooled_one_follows():
    rows = discrimination(
        0.55, 0.45, 0.65, pooled_auc=0.71, pooled_ci_low=0.6, pooled_ci_high=0.8
    )
    text = paragraph(facts(rows, BATCHES, above=()))
    assert "of these patients, within levels of batch, averaged over 10 folds (2 x 5)" in text
    assert text.index("not shown to be above") < text.index("Ranked across levels it is 0.710")
    plates = LEFT_OUT.model_copy(update={"strata": "plate"})
    text = paragraph(facts(cohorts((0.5, 0.6)), plates, above=()))
    assert "has an AUC, within levels of plate, of 0.550 in north" in text


def test_outer_folds_and_samples_of_patients_are_called_by_their_name():
    nested = NestedDesign(by="patient", strata="none")
    text = paragraph(facts(discrimination().assign(n_patients=900), nested))
    assert "averaged over 10 outer folds (2 x 5), is 0.700" in text
    assert "1000 samples of 900 patients, 300 events" in text


def test_draws_of_the_validation_part_are_no_population():
    rows = cohorts((0.6, 0.8), (0.6, 0.8)).assign(n_splits=2)
    assert "of the other cohorts' patients (mean of 2 draws of the validation part) has" in (
        paragraph(facts(rows, LEFT_OUT))
    )
    assert "draws" not in paragraph(facts(rows.assign(n_splits=1), LEFT_OUT))


def test_above_chance_in_each_cohort_or_on_average_only():
    each = facts(cohorts((0.6, 0.8), (0.6, 0.8)), LEFT_OUT)
    assert said(each)["above chance"] == "Every interval excludes 0.5: above chance."
    pooled = facts(cohorts((0.6, 0.8), (0.4, 0.8)), LEFT_OUT)
    assert said(pooled)["above chance"] == (
        "The pooled interval excludes 0.5: above chance on average, though not shown by itself "
        "in south."
    )


def test_of_many_cohorts_the_lowest_and_the_highest_are_told():
    rows = cohorts((0.6, 0.8), (0.4, 0.6), (0.7, 0.9), (0.5, 0.8))
    text = paragraph(facts(rows, LEFT_OUT, above=()))
    assert "has an AUC of 0.500 in south (95%" in text
    assert "events) to 0.800 in east (95%" in text
    assert "events), the ends of 4 cohorts." in text
    assert "north" not in text


def test_severe_findings_come_first_and_others_do_not():
    findings = [
        {"severity": "severe", "title": "Tissues", "evidence": "7 metastatic."},
        {"severity": "warning", "title": "Rare genes", "evidence": "11 of 909."},
    ]
    assert make_verdict(facts(), findings).warnings == ("Tissues: 7 metastatic.",)
