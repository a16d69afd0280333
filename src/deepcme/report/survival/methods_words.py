"""What was done in a study of times, as paragraphs that a methods section can take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from deepcme.base.time_scale import TimeScale
from deepcme.base.words import listed
from deepcme.evaluation.bootstrap import DEFAULT_DRAWS
from deepcme.evaluation.survival.censoring import HIGHEST_WEIGHT
from deepcme.report.layouts.numbers import as_percent
from deepcme.study.designs import LeaveOneCohortOutDesign
from deepcme.study.resolved import Study

STRATIFIED = (
    "Splits are stratified by what ended the follow-up, and where many ended alike by whether "
    "that was early or late."
)
_RISK_GROUPS = (
    "Each patient, one row, belongs to the third of lowest, middle or highest predicted risk "
    "by the median of his places among the scores of training data that the same fit was not "
    "fitted on: no tested patient has a say in the cuts. Curves are Kaplan-Meier's, or Aalen "
    "and Johansen's where there is a competing event. {} patients who are grouped by one fit "
    "train another, and in simulated studies without any signal an ordinary log-rank test of "
    "such groups rejected in 10 to 12 of 100."
)
_WITHOUT_P_VALUE = "The groups have no p-value, which permuted outcomes alone would give:"
_WITH_P_VALUE = (
    "Their p-value is that of the log-rank statistic of the three groups when outcomes are "
    "permuted and everything is fitted again (Simon et al. 2011); none else would hold, as"
)


def describe_outcome(study: Study, cohort: Mapping[str, Any]) -> str:
    """What the times are of, their unit, the horizon, and what else may end them."""
    assert study.survival is not None
    horizon = study.survival.horizon
    asked = (
        "No horizon was named, so that patients are ranked and no risks given."
        if horizon is None
        else "Risks are those of the event by "
        f"{TimeScale.of(cohort['unit'], horizon).describe(horizon)}."
    )
    return (
        f"{cohort['endpoint']} {asked} One row a patient: of several samples the earliest "
        "event counts, or else the longest follow-up. "
        "Events come before censorings at tied times. Follow-up is summarised by reverse "
        "Kaplan-Meier (Schemper and Smith 1996), risks by Kaplan-Meier. A competing event, "
        "where one is named, is an end of its own: observed risks are then Aalen and "
        "Johansen's (1978), who had it is a patient without the event, and Cox models take it "
        "for a censoring."
    )


def describe_censoring(study: Study) -> str:
    """How those censored before the horizon count."""
    assert study.survival is not None
    columns = study.survival.censoring
    filled = "missing values filled in with the median or the most frequent word"
    by = f"Cox regression on {listed(columns)} ({filled})" if columns else "Kaplan-Meier"
    alike = f" among patients alike in {listed(columns)}" if columns else ""
    if study.survival.horizon is None:
        return (
            "Nobody is left out as censored. Pairs of patients weigh by the inverse "
            f"probability of being uncensored, estimated by {by}, which is right if "
            f"censoring has nothing to do with the risk{alike}."
        )
    return (
        "Nobody is left out as censored. Whatever needs the outcome at the horizon weighs "
        "patients by the inverse probability G of being uncensored (Graf et al. 1999; Uno et "
        "al. 2007; Blanche et al. 2013): a case at time T by 1/G(T-), who is followed beyond "
        "the horizon t by 1/G(t), who had a competing event at T by 1/G(T-), who was censored "
        f"before by 0; weights are cut at {HIGHEST_WEIGHT:g}, and those cut are counted. G is "
        f"estimated by {by}: for training and recalibration from the training data of each "
        "split, for measures from all evaluated patients, anew in each bootstrap draw. That "
        f"is right if censoring has nothing to do with the risk{alike}."
    )


def describe_learning(study: Study) -> str:
    """What Cox models and classifiers learn of the times."""
    of_times = [model for model in study.models if "binary" not in model.kind.outcomes]
    cox = [model.name for model in of_times if model.kind.is_baseline]
    networks = [model.name for model in of_times if model.kind.is_network]
    committees = [model.name for model in of_times if model.kind.is_committee]
    classifiers = [model.name for model in study.models if "binary" in model.kind.outcomes]
    sentences = []
    if cox:
        sentences.append(
            f"{', '.join(cox)}: the times themselves, by Cox's partial likelihood (1972) with "
            "Efron's treatment of ties (1977); penalties by cross-validated partial likelihood "
            "(Verweij and van Houwelingen 1993); risks with Breslow's baseline (1974). A fit "
            "that selects nothing gives everybody the same score: C = 0.5, and is counted."
        )
    if networks:
        sentences.append(
            f"{', '.join(networks)}: the times themselves, by the partial likelihood, with "
            "Efron's ties, of the patients of a batch; risks with Breslow's baseline."
        )
    if committees:
        sentences.append(
            f"{', '.join(committees)}: the mean of log hazards that others learn of the times "
            "themselves; risks with Breslow's baseline of patients held out."
        )
    weighted = [m.name for m in study.models if m.name in classifiers and m.kind.takes_weights]
    if weighted:
        sentences.append(
            f"{', '.join(weighted)}: whether the event comes by the horizon, each patient "
            "weighted as above."
        )
    if unweighted := [name for name in classifiers if name not in weighted]:
        sentences.append(
            f"{', '.join(unweighted)}: whether the event comes by the horizon, of those of "
            "whom it is known, without weights, which such models do not take, so that risks "
            "tend to be too high."
        )
    return " ".join(sentences)


def describe_survival_measures(study: Study, tables: Mapping[str, pd.DataFrame]) -> str:
    """What ranks, risks and differences are measured by."""
    assert study.survival is not None
    has_horizon = study.survival.horizon is not None
    tau = (
        "the horizon"
        if has_horizon
        else "the last time at which, but for events, a fifth of the patients are uncensored"
    )
    auc = (
        ", and the AUC at the horizon, of cases by then against those without (Uno et al. "
        "2007; Blanche et al. 2013)"
        if has_horizon
        else ""
    )
    sentences = [
        f"Uno's C (2011) up to tau, {tau}; Harrell's C (1996) beside it{auc}. They are taken "
        "within each test part and averaged over the splits in which they can be estimated; "
        "what cannot is counted, and why. 95% intervals: "
        f"{DEFAULT_DRAWS:,} bootstrap draws of patients, on the logit scale with Student's t, "
        "widened as patients who test one fit train another (Bengio and Grandvalet 2004).",
    ]
    if "survival_comparison" in tables:
        sentences.append(
            "Differences between models are of the same patients in the same draws, with p "
            "after Holm; the comparator was named before anything was fitted, so that its "
            "interval counts as it is."
        )
    if isinstance(study.split, LeaveOneCohortOutDesign):
        sentences.append(
            "All measures are those of each cohort by itself; C, AUC(t), O/E and slope are "
            "pooled by random effects (REML, intervals of Hartung and Knapp 2001)."
        )
    if not has_horizon:
        return " ".join(sentences)
    sentences.append(
        "Measures of risks are of each patient's mean risk over the splits that tested him: "
        "observed (Kaplan-Meier, or Aalen-Johansen) over expected risk (Crowson et al. 2016), "
        "the slope of a weighted logistic regression on the log-odds (Gerds and Kattan 2021), "
        "Brier score (Graf et al. 1999) and its share below that of the observed risk (Kattan "
        "and Gerds 2018); their intervals are of the same draws."
    )
    if "net_benefit" in tables:
        thresholds = ", ".join(map(as_percent, study.decisions.thresholds))
        sentences.append(
            "Net benefit (Vickers et al. 2008) of recalibrated risks, minus that of the better "
            f"of treating all and none, at risks of {thresholds}, with intervals of the same "
            "draws."
        )
    if "classification" in tables:
        sentences.append(
            "Sensitivity and specificity by the horizon of calling at fixed risks, as "
            "recalibrated, weighted for censoring; Wilson's intervals with the number of "
            "patients that the variance of the bootstrap stands for (Korn and Graubard 1998)."
        )
    return " ".join(sentences)


def describe_risk_groups(tables: Mapping[str, pd.DataFrame]) -> str:
    """How patients are grouped by risk, and what p-value the groups have, or why none."""
    if not {"risk_curves", "risk_groups"} & tables.keys():
        return ""
    return _RISK_GROUPS.format(_WITH_P_VALUE if "permutation" in tables else _WITHOUT_P_VALUE)
