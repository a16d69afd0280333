"""The verdict follows its rules, word by word."""

import pandas as pd

from deepcme.report.sections.verdict import make_verdict
from deepcme.study.designs import (
    FoldsDesign,
    LeaveOneCohortOutDesign,
    NestedDesign,
    RepeatedDesign,
)


def discrimination(auc=0.7, low=0.6, high=0.8, n=1000, events=300):
    return pd.DataFrame(
        [
            {
                "model": "DeepCME",
                "auc": auc,
                "ci_low": low,
                "ci_high": high,
                "n": n,
                "events": events,
                "n_patients": n,
                "n_splits": 10,
            }
        ]
    )


def comparison(difference, low, high, named="LR"):
    """LR with these numbers, and KNN, which is beaten by far."""
    rows = [
        {"baseline": "LR", "difference": difference, "ci_low": low, "ci_high": high},
        {"baseline": "KNN", "difference": 0.4, "ci_low": 0.3, "ci_high": 0.5},
    ]
    probabilities = {"better": 0.6, "equivalent": 0.3, "worse": 0.1}
    columns = {f"probability_{name}": value for name, value in probabilities.items()}
    table = pd.DataFrame(rows).assign(p_holm=[0.2, 0.001], margin=0.02, **columns)
    return table.assign(comparator=table["baseline"] == named)


REPEATED = RepeatedDesign(by="patient", strata="none")
LEFT_OUT = LeaveOneCohortOutDesign(by="patient", strata="none")
FOLDS = FoldsDesign(by="patient", strata="none", repeats=2)


def paragraph(discrimination, comparison, split=REPEATED, permutation=None):
    verdict = make_verdict("DeepCME", [], discrimination, comparison, split, permutation)
    return verdict.paragraph


def test_an_interval_that_holds_zero_is_no_demonstrated_advantage():
    text = paragraph(discrimination(), comparison(0.02, -0.03, 0.07))
    assert text.startswith(
        "No demonstrated advantage over LR, the comparator named beforehand: AUC difference "
        "+0.020, 95% interval -0.030 to +0.070; probability of better 0.60, equivalent (within "
        "0.02) 0.30, worse 0.10, from a flat prior. Corrected for all 2 comparisons (Holm), "
        "DeepCME did better than KNN."
    )


def test_better_and_worse_are_said():
    assert "did better than LR" in paragraph(discrimination(), comparison(0.05, 0.01, 0.09))
    assert "did worse than LR" in paragraph(discrimination(), comparison(-0.05, -0.09, -0.01))


def test_one_comparison_needs_no_correction():
    alone = comparison(0.02, -0.03, 0.07).iloc[:1]
    assert "Holm" not in paragraph(discrimination(), alone)


def test_without_a_comparator_only_corrected_comparisons_are_told():
    text = paragraph(discrimination(), comparison(0.05, 0.01, 0.09, named=None))
    assert text.startswith(
        "No comparator was named before the study was run. Corrected for all 2 comparisons "
        "(Holm), DeepCME did better than KNN."
    )


def test_all_baselines_are_told_by_corrected_p_whatever_their_intervals():
    table = comparison(0.05, 0.01, 0.09, named="KNN")
    assert "did better than KNN." in paragraph(discrimination(), table)
    worse = table.assign(p_holm=0.01, difference=[-0.05, 0.4])
    assert "did better than KNN and worse than LR." in paragraph(discrimination(), worse)
    alike = table.assign(p_holm=0.06)
    assert "(Holm), it is told apart from none." in paragraph(discrimination(), alike)


def test_without_baselines_the_auc_stands_alone():
    assert paragraph(discrimination(), None).startswith("The mean test AUC of DeepCME")


def test_chance_is_named_where_it_is_not_excluded():
    assert "chance is not excluded" in paragraph(discrimination(low=0.45), None)
    assert "chance" not in paragraph(discrimination(), None)


def test_an_interval_that_cannot_be_given_excludes_nothing():
    nothing = float("nan")
    text = paragraph(discrimination(low=nothing, high=nothing), None)
    assert "0.700 (no interval can be given; 1000 samples" in text
    assert "Without an interval: chance is not excluded." in text
    text = paragraph(discrimination(), comparison(0.2, nothing, nothing))
    assert text.startswith("No demonstrated advantage over LR")
    assert "AUC difference +0.200, no interval can be given; probability" in text
    cohort = discrimination(low=nothing, high=nothing).assign(left_out="north")
    text = paragraph(cohort, None, LEFT_OUT)
    assert "No interval excludes 0.5 in north: chance is not excluded." in text
    assert "nan" not in text


def test_the_monte_carlo_error_stands_beside_the_mean():
    table = discrimination().assign(monte_carlo_error=0.0123)
    assert (
        "over 10 folds (2 x 5) is 0.700 (95% interval 0.600 to 0.800; Monte-Carlo error 0.012; "
        "1000 samples" in paragraph(table, None, FOLDS)
    )
    once = discrimination().assign(monte_carlo_error=float("nan"))
    assert "Monte-Carlo" not in paragraph(once, None, FOLDS.model_copy(update={"repeats": 1}))


def test_the_auc_within_batches_leads_and_the_pooled_one_follows():
    split = FOLDS.model_copy(update={"strata": "batch"})
    table = discrimination(auc=0.55, low=0.45).assign(
        pooled_auc=0.71, pooled_ci_low=0.6, pooled_ci_high=0.8
    )
    text = paragraph(table, None, split)
    assert "over 10 folds (2 x 5), within levels of batch, is 0.550 (95%" in text
    assert text.index("chance is not excluded") < text.index("Ranked across levels it is 0.710")
    assert "0.710 (95% interval 0.600 to 0.800)" in text
    left_out = LEFT_OUT.model_copy(update={"strata": "plate"})
    text = paragraph(table.assign(left_out="north"), None, left_out)
    assert "has an AUC, within levels of plate, of 0.550 in north" in text
    assert "levels" not in paragraph(
        discrimination(), None, split.model_copy(update={"strata": "none"})
    )


def permutation(p_value, low, high, n_as_good=0):
    return pd.DataFrame(
        [
            {
                "p_value": p_value,
                "ci_low": low,
                "ci_high": high,
                "n_permutations": 1000,
                "n_as_good": n_as_good,
            }
        ]
    )


def test_the_permutation_test_is_a_sentence():
    text = paragraph(discrimination(), None, permutation=permutation(0.001, 0.0, 0.0038))
    assert (
        "With permuted labels the whole pipeline did at least as well in 0 of 1,000 reruns: p = "
        "0.001 (95% Monte-Carlo interval 0.000 to 0.004), above chance." in text
    )
    text = paragraph(discrimination(), None, permutation=permutation(0.3, 0.27, 0.33, 300))
    assert "300 of 1,000 reruns: p = 0.300" in text
    assert "0.270 to 0.330), not shown to be above chance." in text
    text = paragraph(discrimination(), None, permutation=permutation(0.045, 0.03, 0.06))
    assert "above chance, which more permutations could change." in text
    assert "permuted" not in paragraph(discrimination(), None)


def test_few_events_are_named():
    assert "With 40 events" in paragraph(discrimination(events=40), None)
    assert "imprecise" not in paragraph(discrimination(), None)


def test_added_value_stands_before_the_warning_of_few_events():
    verdict = make_verdict(
        "DeepCME", [], discrimination(events=40), None, REPEATED, None, "Genes add nothing."
    )
    assert ". Genes add nothing. With 40 events" in verdict.paragraph


def test_severe_findings_come_first_and_others_do_not():
    findings = [
        {"severity": "severe", "title": "Tissues", "evidence": "7 metastatic."},
        {"severity": "warning", "title": "Rare genes", "evidence": "11 of 909."},
    ]
    verdict = make_verdict("DeepCME", findings, discrimination(), None, REPEATED)
    assert verdict.warnings == ("Tissues: 7 metastatic.",)


def test_outer_folds_are_called_by_their_name():
    nested = NestedDesign(by="patient", strata="none")
    text = paragraph(discrimination(), None, nested)
    assert text.startswith("The mean test AUC of DeepCME over 10 outer folds (2 x 5) is 0.700")


def test_left_out_cohorts_are_named_each_with_its_numbers():
    cohorts = pd.concat(
        [
            discrimination(0.7, 0.6, 0.8, n=400, events=150).assign(left_out="north"),
            discrimination(0.55, 0.4, 0.7, n=90, events=30).assign(left_out="south"),
        ],
        ignore_index=True,
    )
    text = paragraph(cohorts, None, LEFT_OUT)
    assert text == (
        "Trained without the cohort that it is tested on, DeepCME has an AUC of 0.700 in north "
        "(95% interval 0.600 to 0.800; 400 samples of 400 patients, 150 events); 0.550 in south "
        "(95% interval 0.400 to 0.700; 90 samples of 90 patients, 30 events). No test compares "
        "it with the baselines: each test part is another population. No interval excludes "
        "0.5 in south: chance is not excluded. With 30 events among 90 samples in south these "
        "numbers are imprecise: expect others from other patients."
    )
