"""The simulations in full; their results are written to the documentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from deepcme.cohort.folds import NestedFolds
from deepcme.cohort.splits import RepeatedSplits
from deepcme.evaluation.discrimination import MEASURED_COVERAGE
from deepcme.evaluation.intervals import FEWEST_EVENTS_FOR_DELONG
from tests.evaluation.cross_validated import (
    Simulated,
    simulate_cross_validated_auc,
    simulate_cross_validated_pr_auc,
    simulate_cross_validated_probabilities,
    simulate_difference_of_equal_models,
)
from tests.evaluation.decisions import simulate_decisions
from tests.evaluation.designs import FOLDS_SETTINGS, simulate_batches, simulate_folds
from tests.evaluation.equal_models import simulate_equal_models
from tests.evaluation.probabilities.accused import (
    CALIBRATED,
    simulate_accused,
    simulate_accused_frozen,
)
from tests.evaluation.recalibration_simulations import (
    simulate_recalibrated_study,
    simulate_recalibration,
)
from tests.evaluation.simulations import (
    simulate_added_value,
    simulate_corrected_t_test,
    simulate_frozen_auc_intervals,
    simulate_frozen_model,
    simulate_holm_correction,
    simulate_permutation_p_values,
    simulate_repeated_rows,
    simulate_score_test,
)

PAGE = Path(__file__).parents[2] / "docs/explanations/validation-of-the-statistics.md"
TEMPLATE = Path(__file__).parent / "validation_page.md"

FROZEN_SETTINGS = [
    (200, 40, 0.7),
    (200, 40, 0.85),
    (120, 24, 0.75),
    (300, 10, 0.7),
    (60, 12, 0.7),
    (240, 5, 0.7),
]
SMALL, FEW, MIDDLING = (189, 35, 76), (97, 46, 500), (309, 60, 600)
CROSS_VALIDATED_SETTINGS = [
    # model, design, cohort, studies
    *(
        (model, "folds", Simulated(*cohort, signal), 1000)
        for cohort, signal in ((SMALL, 0.35), (FEW, 0.6), (MIDDLING, 0.6))
        for model in ("mean difference", "tuned ridge")
    ),
    *(
        (model, "folds", Simulated(*SMALL, signal), 500)
        for signal in (0.0, 0.6)
        for model in ("mean difference", "tuned ridge")
    ),
    ("ridge", "folds", Simulated(*MIDDLING, 0.6), 500),
    ("mean difference", "folds", Simulated(300, 23, 50, 0.5), 500),
    ("mean difference", "folds", Simulated(150, 50, 50, 0.3, samples=2), 500),
    ("mean difference", "random fifths", Simulated(*SMALL, 0.35), 500),
    ("tuned ridge", "random fifths", Simulated(150, 50, 50, 0.3), 500),
    ("mean difference", "nested", Simulated(150, 50, 50, 0.3), 500),
    ("mean difference", "nested", Simulated(300, 23, 50, 0.5), 500),
]
PROBABILITY_SETTINGS = [
    # cohort, inverse strength of the penalty
    (Simulated(*SMALL, 0.35), 0.01),
    (Simulated(309, 60, 200, 0.5), 0.001),
]
# Patients, expected events, genes and signal.
DECISION_SETTINGS = [
    *((189, 35, 76, signal) for signal in (0.0, 0.35)),
    (97, 46, 100, 0.0),
    (300, 24, 50, 0.0),
    (309, 62, 100, 0.6),
]
NESTED = NestedFolds(folds=5, repeats=2)
DESIGNS = {"folds": None, "random fifths": RepeatedSplits(), "nested": NESTED}
SLOPES = (1.0, 0.5, 2.0, 5.0)
NULL_SETTINGS = [(0.0, 10), (0.3, 10), (0.3, 30)]

PR_AUC_SETTINGS = [(189, 35), (97, 46), (309, 60), (60, 12)]
# Patients, events, and how often the folds are drawn.
EQUAL_MODELS_SETTINGS = [(189, 35, 2), (97, 46, 4), (309, 60, 2)]


def validate_frozen_auc() -> pd.DataFrame:
    """DeLong and Hanley-McNeil, 2,000 studies for each setting."""
    return pd.DataFrame(
        [
            {
                "patients": n,
                "events": events,
                "true AUC": auc,
                **simulate_frozen_auc_intervals(2000, n, events, auc, seed=21),
            }
            for n, events, auc in FROZEN_SETTINGS
        ]
    )


def validate_frozen_model() -> pd.DataFrame:
    """Every study-level interval on a single test set, 500 studies for each setting."""
    settings = [(300, 100, 0.75), (200, 40, 0.7)]
    return pd.DataFrame(
        [
            {
                "patients": n,
                "expected events": events,
                "true AUC": auc,
                **simulate_frozen_model(500, n, events, auc, draws=1000, seed=22),
            }
            for n, events, auc in settings
        ]
    )


def validate_cross_validated_auc() -> pd.DataFrame:
    """Interval of the mean within-split test AUC, 500 or 1,000 studies for each setting."""
    return pd.DataFrame(
        [
            {
                "model": model,
                "design": design,
                "patients": cohort.patients,
                "positive": cohort.events,
                "samples a patient": cohort.samples,
                "genes": cohort.genes,
                "signal": cohort.signal,
                "studies": studies,
                **simulate_cross_validated_auc(cohort, studies, 23, model, DESIGNS[design]),
            }
            for model, design, cohort, studies in CROSS_VALIDATED_SETTINGS
        ]
    )


def validate_cross_validated_probabilities() -> pd.DataFrame:
    """Intervals of probabilities under cross-validation, 200 studies for each setting."""
    return pd.DataFrame(
        [
            {
                "patients": cohort.patients,
                "expected events": cohort.events,
                "genes": cohort.genes,
                **simulate_cross_validated_probabilities(cohort, 200, 31, strength),
            }
            for cohort, strength in PROBABILITY_SETTINGS
        ]
    )


def validate_accused() -> pd.DataFrame:
    """Calibrated models that words call miscalibrated, 300 studies for each setting."""
    return pd.DataFrame(
        [
            {
                "patients": cohort.patients,
                "expected events": cohort.events,
                "genes": cohort.genes,
                "learns from": "training and validation" if refitted else "training",
                **simulate_accused(300, 41, cohort, strength, refitted),
            }
            for cohort, strength, refitted in CALIBRATED
        ]
    )


def validate_accused_frozen() -> pd.DataFrame:
    """The same of a frozen model on new patients, 1,000 studies for each setting."""
    return pd.DataFrame(
        [
            {
                "patients": n,
                "expected events": events,
                **simulate_accused_frozen(1000, n, events, seed=41),
            }
            for n, events in ((200, 60), (600, 150))
        ]
    )


def validate_paired_difference() -> pd.DataFrame:
    """False differences between two studies, 200 pairs."""
    return pd.DataFrame([simulate_difference_of_equal_models(Simulated(*SMALL, 0.35), 200, 31)])


def validate_corrected_t_test() -> pd.DataFrame:
    """Rejections at 5%, 1,000 null studies for each setting."""
    return pd.DataFrame(
        [
            {
                "signal": signal,
                "splits": repeats,
                **simulate_corrected_t_test(
                    1000, signal, seed=24, design=RepeatedSplits(repeats)
                ),
            }
            for signal, repeats in NULL_SETTINGS
        ]
    )


def validate_nested_t_test() -> pd.DataFrame:
    """As `validate_corrected_t_test`, of nested folds."""
    return pd.DataFrame(
        [
            {
                "signal": signal,
                **simulate_corrected_t_test(1000, signal, seed=28, design=NESTED),
            }
            for signal in (0.0, 0.3)
        ]
    )


def validate_pr_auc() -> pd.DataFrame:
    """PR-AUC over patients beside that of chance, 400 studies for each setting."""
    return pd.DataFrame(
        [
            {
                "patients": n,
                "events": events,
                "signal": signal,
                **simulate_cross_validated_pr_auc(
                    Simulated(n, events, 40, signal), 400, seed=29
                ),
            }
            for n, events in PR_AUC_SETTINGS
            for signal in (0.0, 0.3)
        ]
    )


def validate_decisions(studies: int = 100) -> pd.DataFrame:
    """Acting on recalibrated risks, and calling by them."""
    return pd.DataFrame(
        [
            {
                "patients": n,
                "expected events": events,
                "genes": genes,
                "signal": signal,
                **simulate_decisions(Simulated(n, events, genes, signal), studies, seed=41),
            }
            for n, events, genes, signal in DECISION_SETTINGS
        ]
    )


def validate_folds() -> pd.DataFrame:
    """Folds against random fifths at equal fits, 400 studies for each setting."""
    return pd.DataFrame(
        [
            {
                "patients": patients,
                "events": events,
                "genes": genes,
                **simulate_folds(400, patients, events, genes, signal, seed=33),
            }
            for patients, events, genes, signal in FOLDS_SETTINGS
        ]
    )


def validate_equal_models() -> pd.DataFrame:
    """Claims on models of equal worth, 1,000 studies for each setting."""
    return pd.DataFrame(
        [
            {
                "patients": n,
                "events": events,
                "folds": f"{repeats} x 5",
                "learns from": "training and validation" if refitted else "training",
                "genes": f"{shared:.0%} of the same" if shared else "its own",
                **simulate_equal_models(
                    1000, n, events, 31, refitted=refitted, shared=shared, repeats=repeats
                ),
            }
            for n, events, repeats in EQUAL_MODELS_SETTINGS
            for refitted in (True, False)
            for shared in (0.5, 0.0)
        ]
    )


def validate_batches() -> pd.DataFrame:
    """Two cohorts without a signal within either, 19 permutations a study."""
    return pd.DataFrame(
        [
            {"ranked": "within cohorts", **simulate_batches(1000, 19, 37, stratified=True)},
            {"ranked": "across cohorts", **simulate_batches(200, 19, 38, stratified=False)},
        ]
    )


def validate_permutation_test() -> pd.DataFrame:
    """Share of p-values up to a level, 1,000 null studies of 99 permutations."""
    p_values = simulate_permutation_p_values(1000, 99, seed=25)
    row = {
        f"p <= {level}": float(np.mean(p_values <= level)) for level in (0.01, 0.05, 0.1, 0.5)
    }
    # A p-value of k hundredths stands for the interval from k - 1 to k hundredths.
    spread = p_values - np.random.default_rng(25).random(len(p_values)) / 100
    row["p of a Kolmogorov-Smirnov test of uniformity"] = float(
        stats.kstest(spread, "uniform").pvalue
    )
    return pd.DataFrame([row])


def validate_other_tests() -> pd.DataFrame:
    """False rejections under Holm's correction; repeated rows."""
    slope = simulate_repeated_rows(1000, 200, 4, seed=26)
    return pd.DataFrame(
        [
            {
                "any of 5 rejected after Holm": simulate_holm_correction(20_000, 5, seed=26),
                "slope covered, errors by patient": slope["by_patient"],
                "slope covered, rows as if independent": slope["as_if_independent"],
            }
        ]
    )


def validate_recalibration() -> pd.DataFrame:
    """Known log-odds, too far apart or too close, recalibrated; 300 studies for each setting."""
    settings = [
        *((5 * events, events, 0.75, slope) for events in (30, 50, 100) for slope in SLOPES),
        *((5 * events, events, 0.65, 1.0) for events in (30, 50, 100)),
        *((40, 8, 0.75, slope) for slope in SLOPES),
    ]
    return pd.DataFrame(
        [
            {
                "rows": n,
                "events": events,
                "AUC": auc,
                "slope before": slope,
                "slope after": found["slope"],
                "refused": found["refused"],
                "log loss before": found["log_loss_before"],
                "after": found["log_loss"],
                "of the prevalence": found["log_loss_of_prevalence"],
            }
            for n, events, auc, slope in settings
            for found in [simulate_recalibration(300, n, events, slope, seed=29, auc=auc)]
        ]
    )


def validate_recalibrated_studies() -> pd.DataFrame:
    """Models that are refitted on training and validation part; 20 studies for each setting."""
    ensemble = {"name": "DeepCME-ensemble", "parameters": {"max_epochs": 100}}
    return pd.DataFrame(
        [
            {
                "model": model["name"],
                "signal": signal,
                **simulate_recalibrated_study(20, model, signal, seed=30),
            }
            for model, signal in (
                ({"name": "LR-tuned"}, 0.0),
                ({"name": "LR-tuned"}, 0.4),
                ({"name": "LR-tuned"}, 0.8),
                (ensemble, 0.6),
                (ensemble, 1.2),
            )
        ]
    )


def validate_added_value() -> pd.DataFrame:
    """Genes beside a clinical column that tells something, 100 studies for each kind."""
    kinds = [
        ("noise", 0.0, False),
        ("follow the column", 0.0, True),
        ("signal of 0.5", 0.5, False),
        ("signal of 1", 1.0, False),
    ]
    return pd.DataFrame(
        [
            {"genes": genes, **simulate_added_value(100, signal, seed=27, redundant=redundant)}
            for genes, signal, redundant in kinds
        ]
    )


def validate_score_test() -> pd.DataFrame:
    """The gene score's permutation test where genes add nothing; 200 studies for each kind."""
    rows = []
    for genes, follows in (("noise", False), ("follow the column", True)):
        p = simulate_score_test(200, 19, seed=4, follows=follows)
        rows.append({"genes": genes, "rejected": np.mean(p <= 0.05), "mean_p": p.mean()})
    return pd.DataFrame(rows)


def to_markdown(table: pd.DataFrame) -> str:
    def cell(value: object) -> str:
        return f"{value:.3f}" if isinstance(value, float) else str(value)

    lines = [table.columns.str.replace("_", " "), ["---"] * table.shape[1]]
    lines += [[cell(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# In single precision the strongest penalties of `LR-tuned` may end a step short of convergence.
@pytest.mark.filterwarnings("ignore:lbfgs failed:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.slow
def test_the_statistics_keep_their_promises():
    results = {
        "frozen_auc": validate_frozen_auc(),
        "frozen_model": validate_frozen_model(),
        "cross_validated_auc": validate_cross_validated_auc(),
        "cross_validated_probabilities": validate_cross_validated_probabilities(),
        "accused": validate_accused(),
        "accused_frozen": validate_accused_frozen(),
        "paired_difference": validate_paired_difference(),
        "corrected_t_test": validate_corrected_t_test(),
        "nested_t_test": validate_nested_t_test(),
        "pr_auc": validate_pr_auc(),
        "decisions": validate_decisions(),
        "equal_models": validate_equal_models(),
        "folds": validate_folds(),
        "permutation_test": validate_permutation_test(),
        "batches": validate_batches(),
        "other_tests": validate_other_tests(),
        "recalibration": validate_recalibration(),
        "recalibrated_studies": validate_recalibrated_studies(),
        "added_value": validate_added_value(),
        "score_test": validate_score_test(),
    }
    tables = {name: to_markdown(table) for name, table in results.items()}
    PAGE.write_text(TEMPLATE.read_text().format(**tables))

    frozen_auc = results["frozen_auc"]
    enough_events = frozen_auc["events"] >= FEWEST_EVENTS_FOR_DELONG
    assert frozen_auc.loc[enough_events, "delong"].between(0.92, 0.98).all()
    assert frozen_auc["hanley_mcneil"].between(0.92, 0.98).all()
    assert results["frozen_model"].loc[:, "auc":].stack().between(0.92, 0.985).all()
    cross_validated = results["cross_validated_auc"]
    coverage = cross_validated["coverage"]
    assert coverage[cross_validated["studies"] == 1000].between(0.93, 0.97).all()
    lowest, highest = MEASURED_COVERAGE
    assert coverage.between(lowest - 0.005, highest + 0.005).all()
    probabilities = results["cross_validated_probabilities"]
    assert (probabilities.loc[:, "observed_expected":] >= 0.75).to_numpy().all()
    # 300 studies leave an error of 0.013.
    assert (results["accused"]["accused"] <= 0.05 + 0.013).all()
    assert results["accused"]["accused"].mean() <= 0.05
    assert results["accused"]["slope"].between(0.9, 1.1).all()
    assert (results["accused_frozen"]["accused"] <= 0.06).all()
    assert (results["paired_difference"] <= 0.07).to_numpy().all()
    assert (results["nested_t_test"]["corrected"] <= 0.07).all()
    assert (results["corrected_t_test"]["corrected"] <= 0.07).all()
    assert (results["corrected_t_test"]["uncorrected"] >= 0.2).all()
    assert results["permutation_test"].iloc[0, -1] > 0.01
    assert (results["pr_auc"]["coverage"] >= 0.9).all()
    pr_auc_of_noise = results["pr_auc"][results["pr_auc"]["signal"] == 0]
    assert (pr_auc_of_noise["pr_auc"] - pr_auc_of_noise["chance"]).abs().max() <= 0.015
    decisions = results["decisions"]
    assert (decisions.loc[decisions["signal"] == 0, "called useful"] <= 0.05).all()
    assert (decisions.loc[:, "all held":] >= 0.9).all(axis=None)
    equal_models = results["equal_models"]
    # 1,000 studies leave an error of 0.005.
    assert equal_models[["better", "worse"]].stack().between(0.01, 0.035).all()
    assert equal_models[["better", "worse"]].mean().between(0.015, 0.03).all()
    of_any = equal_models[["better than any", "worse than any"]]
    assert (of_any <= 0.035).all(axis=None)
    assert (of_any.mean() <= 0.025).all()
    folds = results["folds"]
    assert (folds["drawing adds, folds"] < folds["drawing adds, fifths"]).all()
    batches = results["batches"].set_index("ranked")
    assert 0.48 <= batches.loc["within cohorts", "AUC"] <= 0.52
    assert 0.035 <= batches.loc["within cohorts", "p <= 0.05"] <= 0.065
    # There is something to mend.
    assert batches.loc["across cohorts", "p <= 0.05"] > 0.2
    recalibration = results["recalibration"]
    perfect = recalibration["slope before"] == 1
    assert recalibration.loc[perfect, "slope after"].between(0.9, 1.1).all()
    worth_mending = ~perfect & (recalibration["events"] >= 30)
    assert recalibration.loc[worth_mending, "slope after"].between(0.8, 1.25).all()
    assert (recalibration["after"] < recalibration["log loss before"])[~perfect].all()
    studies = results["recalibrated_studies"]
    assert (studies["brier_after"] <= studies["brier_before"] + 0.001).all()
    slopes = studies.loc[studies["signal"] > 0, ["slope_before", "slope_after"]]
    before, after = np.abs(np.log(slopes)).to_numpy().T
    assert (after <= before + 0.1).all()
    assert (results["score_test"]["rejected"] <= 0.09).all()
    added_value = results["added_value"]
    adds_nothing = added_value["genes"].isin(["noise", "follow the column"])
    assert (added_value["gain_in_interval"] >= 0.93).all()
    added = added_value.loc[adds_nothing, ["called_added", "benefit_added", "auc_added"]]
    assert (added <= 0.04).all(axis=None)
    assert added_value["called_added"].iloc[-1] >= 0.8
    assert (added_value["clinical_found"] >= 0.9).all()
