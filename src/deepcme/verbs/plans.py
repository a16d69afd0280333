"""The tables and sentences of a plan, of either kind of outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from deepcme.base.errors import naming_file
from deepcme.base.time_scale import TimeScale
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.survival import require_horizon
from deepcme.evaluation.survival.planning.sample_size import expect_patients_like
from deepcme.evaluation.survival.tables.evaluated import follow_patients
from deepcme.simulation.planning import EVENTS, RankedGenes
from deepcme.simulation.power import (
    PowerDesign,
    compute_power,
    describe_events_needed,
    describe_model_sizes,
)
from deepcme.simulation.survival_power import (
    SurvivalPowerDesign,
    compute_survival_power,
    describe_survival_events_needed,
    describe_survival_sizes,
)

_AUC, _CONCORDANCE, _HAZARD_RATIO = 0.7, 0.7, 1.5
Given = Mapping[str, Any]
"""What was said of one kind of outcome, without what was not."""


def plan_binary(
    cohort: Cohort | None,
    binary: Given,
    ranked: dict[str, Any],
    half_width: float,
    parameters: int,
) -> tuple[pd.DataFrame, str]:
    """How precise studies of a binary outcome would be, as a table and in words."""
    events, share = set(EVENTS), 0.2
    if cohort is not None:
        events.add(cohort.n_positive_patients)
        share = cohort.n_positive_patients / cohort.n_patients
    design = PowerDesign(
        prevalence=binary.get("prevalence", share),
        auc=binary.get("auc", _AUC),
        **ranked,
    )
    answer = describe_events_needed(design, half_width)
    sizes = describe_model_sizes(design, parameters, binary.get("threshold"))
    table = compute_power(design, sorted(events))
    return table, f"{_format_power(table, design)}\n\n{answer}\n\n{sizes}"


def plan_times(
    followed: Followed | None,
    times: Given,
    ranked: dict[str, Any],
    half_width: float,
    parameters: int,
) -> tuple[pd.DataFrame, str]:
    """The same of times to an event."""
    events, until = set(EVENTS), "the horizon"
    given = {"concordance": _CONCORDANCE, **times}
    hazard_ratio = given.pop("hazard_ratio", _HAZARD_RATIO)
    if followed is not None:
        given = {"risk": followed.risk, "censored": followed.censored, **given}
        until = followed.until
        events.add(followed.events)
    design = SurvivalPowerDesign(**given, **ranked)
    answer = describe_survival_events_needed(design, half_width, hazard_ratio)
    sizes = describe_survival_sizes(design, parameters)
    table = compute_survival_power(design, sorted(events))
    return table, f"{_format_times(table, design, until)}\n\n{answer}\n\n{sizes}"


@dataclass(frozen=True)
class Followed:
    """Risk and loss in a cohort, its patients seen to have the event, and the horizon."""

    risk: float
    censored: float
    events: int
    until: str


def follow(cohort: Cohort, path: str, times: Given) -> Followed:
    """How the patients of a cohort were followed, up to its horizon."""
    endpoint = cohort.outcome.endpoint
    follow_up = follow_patients(cohort.obs, pd.Index(cohort.obs["patient"].unique()))
    concordance = times.get("concordance", _CONCORDANCE)
    with naming_file(path):
        horizon = require_horizon(endpoint)
    patients = expect_patients_like(follow_up, horizon, concordance)
    by_horizon = round(patients.event_share * follow_up.n)
    until = TimeScale.of(endpoint.unit, float(follow_up.times.max())).describe(horizon)
    return Followed(patients.risk, patients.censored, by_horizon, until)


def _format_power(table: pd.DataFrame, design: PowerDesign) -> str:
    shown = {
        **_count(table),
        "AUC, 20% test part": _interval(table["test_auc_low"], table["test_auc_high"]),
        "AUC, whole cohort": _interval(table["auc_low"], table["auc_high"]),
        **_rank(table, design),
    }
    return (
        f"Prevalence {design.prevalence:.3g}, AUC {design.auc:.2f}, {design.signal_genes:,} "
        f"true genes of effect {design.effect:g} among {design.genes:,}:\n\n{_align(shown)}"
    )


def _format_times(table: pd.DataFrame, design: SurvivalPowerDesign, until: str) -> str:
    shown = {
        **_count(table),
        "C, 20% test part": _interval(table["test_c_low"], table["test_c_high"]),
        "C, whole cohort": _interval(table["c_low"], table["c_high"]),
        "hazard ratio": [f"{ratio:.2f}" for ratio in table["hazard_ratio"]],
        **_rank(table, design),
    }
    return (
        f"By {until}: risk {design.risk:.3g}, an event seen in "
        f"{design.patients.event_share:.3g} of the patients, C {design.concordance:.2f}, "
        f"{design.signal_genes:,} true genes of log hazard ratio {design.effect:g} among "
        f"{design.genes:,}:\n\n{_align(shown)}"
    )


def _count(table: pd.DataFrame) -> dict[str, list[str]]:
    return {name: [f"{n:,}" for n in table[name]] for name in ("events", "patients")}


def _rank(table: pd.DataFrame, design: RankedGenes) -> dict[str, list[str]]:
    among = [f"{p:.0%}" for p in table["top_probability"]]
    ranked = {f"true gene in first {design.top:,}": among} if design.top_tells else {}
    return ranked | {"parameters": [f"{n:,}" for n in table["parameters"]]}


def _interval(low: pd.Series, high: pd.Series) -> list[str]:
    return [f"{a:.2f} to {b:.2f}" for a, b in zip(low, high, strict=True)]


def _align(shown: dict[str, list[str]]) -> str:

    return pd.DataFrame(shown).to_string(index=False)
