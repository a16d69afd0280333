"""The binary cohort of the labelled alone: who was censored before the horizon is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.names import stored_name
from deepcme.cohort.characteristics import MOST_DESCRIBED, describe_groups
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.endpoints.labelling import is_of_further_file
from deepcme.cohort.flow import FOLLOWED, LABELLED, FlowStep
from deepcme.cohort.follow_up import COMPETING
from deepcme.cohort.merging import COHORT_COLUMN
from deepcme.cohort.outcome import Endpoint, Outcome
from deepcme.cohort.survival import CENSORED_AT_START, SurvivalOutcome, require_horizon

if TYPE_CHECKING:
    import anndata as ad

__all__ = ["leave_out_censored"]

NAME = "event-within-horizon"


def leave_out_censored(cohort: Cohort) -> Cohort:
    """A binary cohort of those of whom it is known whether the event came by the horizon.

    1 with the event at or before the horizon; 0 if followed without it to the horizon or
    beyond, or with a competing event before it. Who was followed for less is left out and
    counted, which takes away patients without a seen event alone: the share of events is
    then above the risk (Uno et al. 2007, J Am Stat Assoc 102:527-537).

    Parameters
    ----------
    cohort : Cohort
        Of times to an event, with a horizon.

    Raises
    ------
    DeepCMEError
        If it has other outcomes or no horizon, or only one class is left.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.datasets.transbig()
    >>> labelled = deepcme.leave_out_censored(cohort)
    >>> len(cohort), len(labelled), int(labelled.labels.sum())
    (198, 189, 35)
    """
    outcome = cohort.outcome
    if not isinstance(outcome, SurvivalOutcome):
        raise DeepCMEError(
            f"The cohort {cohort.name} has a {outcome.kind} outcome and no times, by which "
            "patients are censored: leave out leave_out_censored."
        )
    horizon = require_horizon(outcome.endpoint)
    labels = label_at(outcome, horizon)
    known = ~np.isnan(labels)
    reason, n_censored = f"censored before {horizon:g}", int((~known).sum())
    why = {reason: n_censored}
    endpoint = replace(
        outcome.endpoint,
        columns=tuple(_freed(outcome).get(name, name) for name in outcome.endpoint.columns),
    )
    question = _question(cohort, endpoint, horizon)
    note = [f"{n_censored:,} samples {reason} were left out."] if n_censored else []
    flow = _flow(cohort.flow, cohort.patients, outcome, labels, why)
    return Cohort(
        _labelled(cohort, labels),
        endpoint=_endpoint(endpoint, horizon, why, question),
        scale=cohort.scale,
        name=cohort.name,
        provenance={
            **cohort.provenance,
            "notes": [*cohort.notes, *note],
            "flow": [step.as_json() for step in flow],
            "left_out": _describe(cohort, known),
        },
    )


def label_at(outcome: SurvivalOutcome, horizon: float) -> NDArray[np.float64]:
    """1, 0, or NaN where it is not known whether the event came by the horizon."""
    followed = (outcome.times >= horizon) | (outcome.ends == COMPETING)
    label = np.where(followed, 0.0, np.nan)
    label[outcome.cases_at(horizon) == 1] = 1.0
    return label


def _labelled(cohort: Cohort, labels: NDArray[np.float64]) -> ad.AnnData:
    known = ~np.isnan(labels)
    adata = cohort.adata[known].copy()
    obs = adata.obs.drop(columns=list(cohort.outcome.columns))
    obs = obs.rename(columns=_freed(cohort.outcome))
    obs.insert(obs.columns.get_loc("tissue") + 1, "label", labels[known].astype(np.int8))
    adata.obs = obs
    return adata


def _freed(outcome: Outcome) -> dict[str, str]:
    """Names of the file that columns may bear again which the times have no more."""
    return {stored_name(name, outcome.columns): name for name in outcome.columns}


def _endpoint(outcome: Endpoint, horizon: float, why: Mapping[str, int], what: str) -> Endpoint:
    before = f"{outcome.competing} before = 0; " if outcome.competing else ""
    return Endpoint(
        f"{what} = 1; {before}followed for {horizon:g} without = 0; followed for less without "
        "= left out.",
        name=NAME,
        left_out=_joined(outcome.left_out, why),
        columns=outcome.columns,
        competing=outcome.competing,
    )


def _joined(left_out: Mapping[str, int], why: Mapping[str, int]) -> dict[str, int]:
    """The reasons, with those who were censored at the start among those before the horizon."""
    others = {reason: n for reason, n in left_out.items() if reason != CENSORED_AT_START}
    return others | {
        reason: n + left_out.get(CENSORED_AT_START, 0) for reason, n in why.items()
    }


def _question(cohort: Cohort, endpoint: Endpoint, horizon: float) -> str:
    """What is asked of the event, by its column where there is one."""
    own = [name for name in endpoint.columns if not is_of_further_file(name)]
    *times, event = own[: len(own) - bool(endpoint.competing)] or [""]
    if not times or COHORT_COLUMN in cohort.obs:
        return f"The event within {horizon:g} {endpoint.unit}".rstrip()
    return f"{event} within {horizon:g} (the unit of {' or '.join(times)})"


def _flow(
    flow: Sequence[FlowStep],
    patients: NDArray[np.object_],
    outcome: SurvivalOutcome,
    labels: NDArray[np.float64],
    why: Mapping[str, int],
) -> list[FlowStep]:
    """The flow, in whose step of labels the censored are left out too, or in one after it."""
    known = ~np.isnan(labels)
    *before, last = flow or [FlowStep.count("as given", patients, outcome.events)]
    if last.step == LABELLED:
        step, why = LABELLED, _joined(last.left_out, why)
    else:
        step, before = FOLLOWED, [*before, last]
    return [*before, FlowStep.count(step, patients[known], labels[known], why)]


def _describe(cohort: Cohort, known: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Who was left out, beside who was kept; nothing where nobody was."""
    told: list[dict[str, Any]] = list(cohort.provenance.get("left_out", []))
    if known.all():
        return told
    table = cohort.obs.drop(columns=["sample", "patient", *cohort.outcome.columns])
    groups = {"kept": known, "left_out": ~known}
    described = describe_groups(table, cohort.obs["patient"], groups, most=MOST_DESCRIBED)
    return [*told, {"step": FOLLOWED if told else LABELLED, **described}]
