"""`deepcme power`: how much data would be enough, of a binary outcome or of times."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcme.base.errors import DeepCMEError, naming_file
from deepcme.base.terminal import say_lines
from deepcme.cli.options import said, with_options, writable
from deepcme.cli.planning.simulate import EFFECT_HELP, HAZARD_HELP

if TYPE_CHECKING:
    import pandas as pd

    from deepcme.cohort.cohort import Cohort
    from deepcme.simulation.planning import RankedGenes
    from deepcme.simulation.power import PowerDesign
    from deepcme.simulation.survival_power import SurvivalPowerDesign

_GENES, _SIGNAL_GENES, _TOP = 20_000, 50, 100
_AUC, _CONCORDANCE, _HAZARD_RATIO = 0.7, 0.7, 1.5


@dataclass(frozen=True)
class BinaryPlan:
    """What only a plan of a binary outcome takes; None where it is not said."""

    prevalence: Annotated[
        float | None,
        typer.Option(
            help="Share of patients with an event.", show_default="the cohort's, else 0.2"
        ),
    ] = None
    auc: Annotated[
        float | None, typer.Option(help="True AUC of the model.", show_default="0.7")
    ] = None
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Risk from which one would act, for the net benefit of a validation.",
            show_default="the prevalence",
        ),
    ] = None


@dataclass(frozen=True)
class TimesPlan:
    """What only a plan of times takes; None where it is not said."""

    risk: Annotated[
        float | None,
        typer.Option(
            help="Times: share of patients who have the event by the horizon, seen or not.",
            show_default="the cohort's, else 0.25",
        ),
    ] = None
    censored: Annotated[
        float | None,
        typer.Option(
            help="Times: share of patients lost before the horizon without an event.",
            show_default="as the cohort's events are seen, else 0.2",
        ),
    ] = None
    concordance: Annotated[
        float | None,
        typer.Option(help="Times: true C of the model up to the horizon.", show_default="0.7"),
    ] = None
    hazard_ratio: Annotated[
        float | None,
        typer.Option(
            help="Times: hazard ratio between two halves of the patients that is to be found.",
            show_default="1.5",
        ),
    ] = None


@with_options("times", TimesPlan)
@with_options("binary", BinaryPlan)
def power(
    binary: BinaryPlan,
    times: TimesPlan,
    cohort: Annotated[
        Path | None,
        typer.Argument(
            metavar="[COHORT.h5ad]",
            help="Cohort to take prevalence or risk, genes and a row of the table from.",
            show_default=False,
        ),
    ] = None,
    half_width: Annotated[
        float, typer.Option(help="Wanted half-width of the 95% interval of the AUC, or of C.")
    ] = 0.05,
    effect: Annotated[
        float | None,
        typer.Option(
            help=f"{EFFECT_HELP}; of times, {HAZARD_HELP}, other genes not known.",
            show_default="0.5, of times 0.3",
        ),
    ] = None,
    genes: Annotated[
        int | None,
        typer.Option(help="Genes that are ranked.", show_default="the cohort's, else 20000"),
    ] = None,
    signal_genes: Annotated[
        int | None,
        typer.Option(help="True genes among them.", show_default="50, or all if fewer"),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            help="A true gene is found if it is among this many first genes.",
            show_default="100, or all if fewer",
        ),
    ] = None,
    parameters: Annotated[
        int, typer.Option(help="Parameters of a regression without penalty to develop.")
    ] = 10,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", callback=writable, help="Write the table here too."
        ),
    ] = None,
) -> None:
    """Say how many events a study would need, for 20 to 2,000 of them.

    For times to an event if the cohort has times, or an option of times is
    given; else for a binary outcome. Intervals: of the AUC Hanley and McNeil
    1982, of C its variance in many patients. Genes: ranking by the
    t-statistic, or Cox's score test, on all patients, genes taken as
    independent; a network can rank better or worse. Hazard ratios:
    Schoenfeld 1983. Parameters without penalty that so many patients are
    enough for, and sizes to develop and to validate a model: Riley et al.
    2019 and 2021.
    """
    from deepcme.base.files.files import write_csv
    from deepcme.cohort.cohort import Cohort

    own = None if cohort is None else Cohort.load(cohort)
    if _is_of_times(own, cohort, binary, times):
        followed = None if own is None else _follow(own, str(cohort), times)
        make = partial(_plan_times, followed=followed, times=times)
    else:
        make = partial(_plan_binary, cohort=own, binary=binary)
    if genes is None:
        genes = _GENES if own is None else own.n_genes
    ranked: dict[str, Any] = {
        "genes": genes,
        "signal_genes": min(_SIGNAL_GENES, genes) if signal_genes is None else signal_genes,
        "top": min(_TOP, genes) if top is None else top,
    }
    if effect is not None:
        ranked["effect"] = effect
    table, words = make(ranked=ranked, half_width=half_width, parameters=parameters)
    if out is not None:
        write_csv(out, table)
    say_lines(words)


def _is_of_times(
    own: Cohort | None, path: Path | None, binary: BinaryPlan, times: TimesPlan
) -> bool:
    """Whether times are planned for; options of the other kind are refused."""
    from deepcme.cohort.survival import SurvivalOutcome

    of_binary, of_times = said(binary), said(times)
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
        raise DeepCMEError(f"{wrong[0]} is for {other}, and {path} has {there}: leave it out.")
    return has_times


def _plan_binary(
    cohort: Cohort | None,
    binary: BinaryPlan,
    ranked: dict[str, Any],
    half_width: float,
    parameters: int,
) -> tuple[pd.DataFrame, str]:
    from deepcme.simulation.planning import EVENTS
    from deepcme.simulation.power import (
        PowerDesign,
        compute_power,
        describe_events_needed,
        describe_model_sizes,
    )

    events, share = set(EVENTS), 0.2
    if cohort is not None:
        events.add(cohort.n_positive_patients)
        share = cohort.n_positive_patients / cohort.n_patients
    design = PowerDesign(
        prevalence=share if binary.prevalence is None else binary.prevalence,
        auc=_AUC if binary.auc is None else binary.auc,
        **ranked,
    )
    answer = describe_events_needed(design, half_width)
    sizes = describe_model_sizes(design, parameters, binary.threshold)
    table = compute_power(design, sorted(events))
    return table, f"{_format_power(table, design)}\n\n{answer}\n\n{sizes}"


def _plan_times(
    followed: _Followed | None,
    times: TimesPlan,
    ranked: dict[str, Any],
    half_width: float,
    parameters: int,
) -> tuple[pd.DataFrame, str]:
    from deepcme.simulation.planning import EVENTS
    from deepcme.simulation.survival_power import (
        SurvivalPowerDesign,
        compute_survival_power,
        describe_survival_events_needed,
        describe_survival_sizes,
    )

    events, until = set(EVENTS), "the horizon"
    given = {name: value for name, value in asdict(times).items() if value is not None}
    given.setdefault("concordance", _CONCORDANCE)
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


def _follow(cohort: Cohort, path: str, times: TimesPlan) -> _Followed:
    import pandas as pd

    from deepcme.base.time_scale import TimeScale
    from deepcme.cohort.survival import require_horizon
    from deepcme.evaluation.survival.planning.sample_size import expect_patients_like
    from deepcme.evaluation.survival.tables.evaluated import follow_patients

    endpoint = cohort.outcome.endpoint
    follow_up = follow_patients(cohort.obs, pd.Index(cohort.obs["patient"].unique()))
    concordance = _CONCORDANCE if times.concordance is None else times.concordance
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
    import pandas as pd

    return pd.DataFrame(shown).to_string(index=False)
