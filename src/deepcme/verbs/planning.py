"""Plans from Python: how much data would be enough, and cohorts whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from deepcme.base.errors import DeepCMEError, naming_file
from deepcme.base.shown import Shown, Shows
from deepcme.base.time_scale import TimeScale
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.endpoints.units import TimeUnit
from deepcme.cohort.survival import SurvivalOutcome, require_horizon
from deepcme.evaluation.survival.planning.sample_size import expect_patients_like
from deepcme.evaluation.survival.tables.evaluated import follow_patients
from deepcme.simulation.cohorts import CohortDesign, simulate_cohort
from deepcme.simulation.planning import EVENTS, RankedGenes
from deepcme.simulation.power import (
    PowerDesign,
    compute_power,
    describe_events_needed,
    describe_model_sizes,
)
from deepcme.simulation.survival import (
    FollowUpDesign,
    SurvivalDesign,
    simulate_survival_cohort,
)
from deepcme.simulation.survival_power import (
    SurvivalPowerDesign,
    compute_survival_power,
    describe_survival_events_needed,
    describe_survival_sizes,
)
from deepcme.verbs.reading import as_cohort

_GENES, _SIGNAL_GENES, _TOP = 20_000, 50, 100
_AUC, _CONCORDANCE, _HAZARD_RATIO = 0.7, 0.7, 1.5
_Given = Mapping[str, Any]
"""What was said of one kind of outcome, without what was not."""


@dataclass(frozen=True, repr=False)
class PowerPlan(Shows):
    """How precise a study of each size would be.

    Attributes
    ----------
    table : DataFrame
        One row for each number of events.
    text : str
        The table and what is needed, in words.
    """

    table: pd.DataFrame
    text: str

    def __repr__(self) -> str:
        return self.text

    def _shown(self) -> Shown:
        title, _, *answers = self.text.split("\n\n")
        return Shown(title.rstrip(":"), answers, table=self.table, end="More: .table, .text.")


def power(
    cohort: Cohort | str | Path | None = None,
    *,
    prevalence: float | None = None,
    auc: float | None = None,
    threshold: float | None = None,
    risk: float | None = None,
    censored: float | None = None,
    concordance: float | None = None,
    hazard_ratio: float | None = None,
    half_width: float = 0.05,
    effect: float | None = None,
    genes: int | None = None,
    signal_genes: int | None = None,
    top: int | None = None,
    parameters: int = 10,
) -> PowerPlan:
    """Say how many events a study would need, as `deepcme power` does.

    For times to an event if the cohort has times, or what only times have is given; else for
    a binary outcome.

    Parameters
    ----------
    cohort : Cohort or path, optional
        To take prevalence or risk, genes and a row of the table from.
    prevalence : float, optional
        Share of patients with an event; the cohort's, else 0.2.
    auc : float, optional
        True AUC of the model, 0.7.
    threshold : float, optional
        Risk from which one would act; the prevalence.
    risk, censored : float, optional
        Of times: share who have the event by the horizon, and who are lost before it.
    concordance, hazard_ratio : float, optional
        Of times: true C of the model, and what is to be found between two halves.
    half_width : float
        Wanted of the 95% interval of the AUC, or of C.
    effect : float, optional
        Of a true gene: shift in standard deviations, or log hazard ratio for one.
    genes, signal_genes, top : int, optional
        Genes that are ranked, true ones among them, and first ones that count as found.
    parameters : int
        Of a regression without penalty to develop.

    Returns
    -------
    PowerPlan

    Raises
    ------
    DeepCMEError
        If a number is impossible, or belongs to the other kind of outcome.

    Examples
    --------
    >>> import deepcme
    >>> plan = deepcme.power(prevalence=0.3, auc=0.75)
    >>> plan.table.loc[0, ["events", "patients"]].tolist()
    [20.0, 67.0]
    """
    binary = _given(prevalence=prevalence, auc=auc, threshold=threshold)
    times = _given(
        risk=risk, censored=censored, concordance=concordance, hazard_ratio=hazard_ratio
    )
    own = None if cohort is None else as_cohort(cohort)
    called = own.name if own is not None and isinstance(cohort, Cohort) else str(cohort)
    if genes is None:
        genes = _GENES if own is None else own.n_genes
    ranked: dict[str, Any] = {
        "genes": genes,
        "signal_genes": min(_SIGNAL_GENES, genes) if signal_genes is None else signal_genes,
        "top": min(_TOP, genes) if top is None else top,
        **_given(effect=effect),
    }
    if _is_of_times(own, called, binary, times):
        followed = None if own is None else _follow(own, called, times)
        return PowerPlan(*_plan_times(followed, times, ranked, half_width, parameters))
    return PowerPlan(*_plan_binary(own, binary, ranked, half_width, parameters))


def simulate(
    *,
    samples: int = 1193,
    genes: int = 56602,
    events: int | None = None,
    signal_genes: int = 50,
    effect: float | None = None,
    rare_genes: float = 0.25,
    module_size: int = 50,
    batches: int = 4,
    repeated_samples: float = 0.1,
    normal_tissue: float = 0.0,
    horizon: float | None = None,
    time_unit: TimeUnit | None = None,
    risk: float | None = None,
    censored: float | None = None,
    longest: float | None = None,
    shape: float | None = None,
    seed: int = 1,
    quiet: bool = True,
) -> Cohort:
    """Simulate a cohort of bulk RNA-seq (FPKM) whose truth is known, as `deepcme simulate`.

    Of labels, or with `horizon` of times to an event.

    Parameters
    ----------
    samples, genes : int
    events : int, optional
        Samples labelled 1, exactly; 23, not of times.
    signal_genes : int, default 50
        Genes that the outcome depends on.
    effect : float, optional
        Of a true gene: shift in standard deviations, 0.5; of times its log hazard ratio, 0.15.
    rare_genes : float
        Share of genes that few patients express.
    module_size : int
        Genes in a correlated module.
    batches : int
        Unrelated to the outcome.
    repeated_samples : float
        Share of samples from a patient who has one already.
    normal_tissue : float
        Share of the repeated samples that are normal tissue.
    horizon : float, optional
        Make times to an event, of which a study asks up to this time.
    time_unit : {"days", "months", "years"}, optional
    risk, censored : float, optional
        Of times: share who have the event by the horizon, and who are lost before it.
    longest, shape : float, optional
        Of times: longest follow-up, and shape of the Weibull baseline.
    seed : int, default 1
        Root of all randomness.
    quiet : bool
        Show no progress.

    Returns
    -------
    Cohort
        The truth is in `adata.var`: module, signal, effect and rare.

    Raises
    ------
    DeepCMEError
        If a number is impossible, or belongs to the other kind of outcome.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=40, genes=20, events=15, signal_genes=4, module_size=5
    ... )
    >>> cohort.n_samples, cohort.n_genes, cohort.n_positives
    (40, 20, 15)
    """
    shared: dict[str, Any] = {
        "samples": samples,
        "genes": genes,
        "signal_genes": signal_genes,
        "rare_genes": rare_genes,
        "module_size": module_size,
        "batches": batches,
        "repeated_samples": repeated_samples,
        "normal_tissue": normal_tissue,
        **_given(effect=effect),
    }
    times = _given(unit=time_unit, risk=risk, censored=censored, longest=longest, shape=shape)
    if horizon is None:
        if times:
            name = "time_unit" if "unit" in times else next(iter(times))
            raise DeepCMEError(
                f"{_option(name)} is for a cohort of times to an event: give --horizon too."
            )
        design = CohortDesign(**shared, events=23 if events is None else events)
        return simulate_cohort(design, seed, quiet=quiet)
    if events is not None:
        raise DeepCMEError(
            "--events is the number of samples labelled 1: with --horizon give --risk, the "
            "share of patients who have the event by then."
        )
    follow_up = FollowUpDesign(horizon=horizon, **times)
    return simulate_survival_cohort(
        SurvivalDesign(**shared, follow_up=follow_up), seed, quiet=quiet
    )


def _given(**options: Any) -> dict[str, Any]:
    """What was said, without what was not."""
    return {name: value for name, value in options.items() if value is not None}


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _is_of_times(own: Cohort | None, called: str, binary: _Given, times: _Given) -> bool:
    """Whether times are planned for; what is of the other kind is refused."""
    of_binary, of_times = [*map(_option, binary)], [*map(_option, times)]
    if own is None:
        if of_binary and of_times:
            raise DeepCMEError(
                f"{of_binary[0]} is for a binary outcome and {of_times[0]} for times to an "
                "event: give options of one of them."
            )
        return bool(of_times)
    has_times = isinstance(own.outcome, SurvivalOutcome)
    if wrong := of_binary if has_times else of_times:
        kinds = ("a binary outcome", "times to an event")
        other, there = kinds if has_times else kinds[::-1]
        raise DeepCMEError(
            f"{wrong[0]} is for {other}, and {called} has {there}: leave it out."
        )
    return has_times


def _plan_binary(
    cohort: Cohort | None,
    binary: _Given,
    ranked: dict[str, Any],
    half_width: float,
    parameters: int,
) -> tuple[pd.DataFrame, str]:
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


def _plan_times(
    followed: _Followed | None,
    times: _Given,
    ranked: dict[str, Any],
    half_width: float,
    parameters: int,
) -> tuple[pd.DataFrame, str]:
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
class _Followed:
    """Risk and loss in a cohort, its patients seen to have the event, and the horizon."""

    risk: float
    censored: float
    events: int
    until: str


def _follow(cohort: Cohort, path: str, times: _Given) -> _Followed:
    endpoint = cohort.outcome.endpoint
    follow_up = follow_patients(cohort.obs, pd.Index(cohort.obs["patient"].unique()))
    concordance = times.get("concordance", _CONCORDANCE)
    with naming_file(path):
        horizon = require_horizon(endpoint)
    patients = expect_patients_like(follow_up, horizon, concordance)
    by_horizon = round(patients.event_share * follow_up.n)
    until = TimeScale.of(endpoint.unit, float(follow_up.times.max())).describe(horizon)
    return _Followed(patients.risk, patients.censored, by_horizon, until)


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
