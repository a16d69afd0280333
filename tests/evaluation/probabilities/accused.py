"""How often the words call calibrated models miscalibrated, where the truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from deepcme.cohort.folds import RepeatedFolds, choose_repeats
from deepcme.evaluation.probabilities.calibration import (
    compute_calibration_line,
    compute_observed_expected,
)
from deepcme.evaluation.probabilities.miscalibration import find_faults
from tests.evaluation.cross_validated import (
    Simulated,
    log_odds_of_new_patients,
    spawn_seed,
    true_values,
)
from tests.evaluation.simulations import simulate_genes

CALIBRATED = (
    # cohort, inverse strength of the penalty at which new patients show a slope of about 1
    (Simulated(189, 35, 76, 0.35), 0.0195, False),
    (Simulated(189, 35, 76, 0.35), 0.019, True),
    (Simulated(97, 46, 100, 0.4), 0.023, False),
    (Simulated(309, 60, 200, 0.5), 0.0188, False),
)
"""The last says whether the validation part trains the model too."""


def simulate_accused(
    studies: int,
    seed: int,
    cohort: Simulated = CALIBRATED[0][0],
    strength: float = CALIBRATED[0][1],
    refitted: bool = False,
) -> dict[str, float]:
    """Logistic regressions with a penalty that makes them calibrated on average.

    `accused` is the share of studies with any claim, `by 95%` what it would be by the plain
    intervals, `wrongly` the share with a claim in whose direction the fits of that very study
    are not off; `slope` is the mean true slope, `error` how many standard errors
    the slope found deviates from that of its study (standard deviation).
    """
    random = np.random.default_rng(seed)
    prevalence = cohort.events / cohort.patients
    rows = []
    for _ in range(studies):
        label = (random.random(cohort.patients) < prevalence).astype(int)
        X = simulate_genes(label, cohort.patient, cohort.effect, random)
        design = RepeatedFolds(repeats=choose_repeats(cohort.patients))
        tested, risks, log_odds = [], [], []
        for split in design.split(label, cohort.patient, spawn_seed(random)):
            fitted = np.r_[split.train, split.validation] if refitted else split.train
            model = LogisticRegression(C=strength).fit(X[fitted], label[fitted])
            tested.append(split.test)
            risks.append(expit(model.decision_function(X[split.test])))
            log_odds.append(log_odds_of_new_patients(model, cohort, prevalence, n=100))
        patients = np.concatenate(tested)
        given = label[patients], np.concatenate(risks), patients
        rows.append(_judge(*given, true_values(np.array(log_odds), prevalence), refitted=True))
    return pd.DataFrame(rows).agg(_SUMMARY).to_dict()


def simulate_accused_frozen(
    studies: int, n: int, events: int, seed: int, shift: float = 0.0, spread: float = 1.0
) -> dict[str, float]:
    """A frozen model on new patients, calibrated but for `shift` and `spread` of its log-odds."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(studies):
        log_odds = np.log(events / (n - events)) - 0.3 + random.normal(size=n)
        label = (random.random(n) < expit(log_odds)).astype(int)
        risk = expit(shift + log_odds / spread)
        rows.append(_judge(label, risk, None, None, refitted=False))
    return pd.DataFrame(rows).mean().to_dict()


def _judge(label, risk, patients, truth, *, refitted):
    ratio = compute_observed_expected(label, risk, patients)
    slope = compute_calibration_line(label, risk, patients).slope
    faults = find_faults(ratio, slope, refitted=refitted)
    claims = [fault for fault in faults if fault.shown]
    row = {"accused": bool(claims), "by 95%": bool(faults)}
    if truth is None:
        return row
    of_faults = {"slope": slope, "O/E": ratio}
    true = {"slope": truth["slope"], "O/E": truth["observed_expected"]}
    wrong = [
        (of_faults[name].value - 1) * (true[name] - 1) <= 0
        for name in of_faults
        if any(fault.numbers.startswith(name) for fault in claims)
    ]
    error = (slope.ci_high - slope.ci_low) / (2 * 1.959964)
    deviation = (slope.value - true["slope"]) / error
    return {**row, "wrongly": any(wrong), "slope": true["slope"], "error": deviation}


_SUMMARY = {
    "accused": "mean",
    "by 95%": "mean",
    "wrongly": "mean",
    "slope": "mean",
    "error": "std",
}
