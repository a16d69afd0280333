"""Plans from Python: how much data would be enough, and cohorts whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.shown import Shown, Shows
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.endpoints.units import TimeUnit
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.simulation.cohorts import CohortDesign, simulate_cohort
from deepcme.simulation.survival import (
    FollowUpDesign,
    SurvivalDesign,
    simulate_survival_cohort,
)
from deepcme.verbs.plans import Given, follow, plan_binary, plan_times
from deepcme.verbs.reading import as_cohort

__all__ = ["power", "simulate"]

_GENES, _SIGNAL_GENES, _TOP = 20_000, 50, 100


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
        followed = None if own is None else follow(own, called, times)
        return PowerPlan(*plan_times(followed, times, ranked, half_width, parameters))
    return PowerPlan(*plan_binary(own, binary, ranked, half_width, parameters))


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


def _is_of_times(own: Cohort | None, called: str, binary: Given, times: Given) -> bool:
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
