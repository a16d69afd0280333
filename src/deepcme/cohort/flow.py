"""The flow of patients: who was read, joined, labelled, left out and why, as counts.

Source: the flow diagrams that CONSORT 2010 (item 13) and REMARK (item 12) ask for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.cohort.outcome import Outcome

LABELLED = "labelled"
"""The step in which samples are left out that have no outcome."""
FOLLOWED = "followed to the horizon"
"""A later one, for those of whom the outcome is not known at the horizon."""


@dataclass(frozen=True)
class FlowStep:
    """One step on the way into a cohort, and who was there after it.

    Parameters
    ----------
    step : str
        What happened, such as ``read`` or ``labelled``.
    samples, patients : int
        How many there were after it.
    positives : int, optional
        Positive samples, once the samples are labelled.
    left_out : mapping of str to int
        How many samples each reason left out.
    """

    step: str
    samples: int
    patients: int
    positives: int | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def count(
        cls,
        step: str,
        patients: Iterable[object],
        labels: ArrayLike | None = None,
        left_out: Mapping[str, int] | None = None,
    ) -> Self:
        """Count samples by their patients and labels; reasons of no sample go."""
        patients = [str(patient) for patient in patients]
        return cls(
            step,
            len(patients),
            len(set(patients)),
            None if labels is None else int(np.sum(labels)),
            {why: n for why, n in (left_out or {}).items() if n},
        )

    def describe_left_out(self) -> str:
        """Reasons with their counts, the most frequent first: ``163 of stage MX, 6 ...``."""
        return describe_reasons(self.left_out)

    def as_json(self) -> dict[str, Any]:
        """The step as JSON-like values, for `read_flow`."""
        return asdict(self)


def read_flow(stored: Iterable[Mapping[str, Any]]) -> list[FlowStep]:
    """Steps as they were stored."""
    return [FlowStep(**step) for step in stored]


@dataclass(frozen=True)
class Unlabelled:
    """How many samples were asked for a label, and had none as they were censored or blank."""

    samples: int
    censored: int
    blank: int
    others: int

    def __bool__(self) -> bool:
        return self.censored + self.blank + self.others > 0


_CENSORED = ("censored before", "followed for less than")
_BLANK = "with a blank"


def count_unlabelled(flow: Iterable[FlowStep]) -> Unlabelled:
    """Samples left out as without a label, in each cohort where several are merged."""
    of: dict[str, list[FlowStep]] = {LABELLED: [], FOLLOWED: []}
    for step in flow:
        of.get(step.step.split(": ")[-1], []).append(step)
    steps = [*of[LABELLED], *of[FOLLOWED]]
    reasons = [reason for step in steps for reason in step.left_out.items()]
    censored = sum(n for why, n in reasons if why.startswith(_CENSORED))
    blank = sum(n for why, n in reasons if why.startswith(_BLANK))
    total = sum(n for _, n in reasons)
    first = of[LABELLED] or of[FOLLOWED]
    asked = sum(step.samples + sum(step.left_out.values()) for step in first)
    return Unlabelled(asked, censored, blank, total - censored - blank)


def describe_reasons(counts: Mapping[str, int]) -> str:
    """Counts by reason in one line, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{n:,} {why}" for why, n in ordered)


def count_reasons(reasons: ArrayLike, chosen: NDArray[np.bool_]) -> dict[str, int]:
    """How often each reason stands among the chosen samples."""
    return dict(Counter(str(reason) for reason in np.asarray(reasons, dtype=object)[chosen]))


def after_selection(
    flow: Sequence[FlowStep],
    step: str,
    patients: NDArray[np.object_],
    outcome: Outcome,
    keep: NDArray[np.bool_],
    reasons: ArrayLike | None = None,
) -> list[FlowStep]:
    """The flow with the selection `keep` of labelled samples as its next step.

    A flow that was not counted begins with the samples as given. `reasons` and what is
    refused are those of `refuse_lost_outcome`.
    """
    refuse_lost_outcome(step, outcome, keep, reasons)
    step, events = step[:1].lower() + step[1:], outcome.events
    before = flow or [FlowStep.count("as given", patients, events)]
    left_out = {} if reasons is None else count_reasons(reasons, ~keep)
    return [*before, FlowStep.count(step, patients[keep], events[keep], left_out)]


def refuse_lost_outcome(
    step: str,
    outcome: Outcome,
    keep: NDArray[np.bool_],
    reasons: ArrayLike | None = None,
) -> None:
    """Refuse a selection that removes all samples with the event, or all without it.

    Parameters
    ----------
    step : str
        What selects.
    outcome : Outcome
    keep : ndarray of bool
    reasons : array-like of str, optional
        What each sample is, such as its tissue.

    Raises
    ------
    DeepCMEError
        With the counts by outcome, and what the lost samples are.
    """
    events = outcome.events
    for lost in (1, 0):
        before, others = events == lost, events != lost
        if not before.any() or (before & keep).any():
            continue
        lost_ones = "" if reasons is None else describe_reasons(count_reasons(reasons, before))
        are = f" ({lost_ones})" if lost_ones else ""
        raise DeepCMEError(
            f"{step}: none of the {int(before.sum()):,} {outcome.called(lost, 'samples')}"
            f"{are} is left, and {int((others & keep).sum()):,} of the "
            f"{int(others.sum()):,} {outcome.called(1 - lost, 'ones')}. Keep these samples "
            "too, or choose an endpoint that does not go with what is left out."
        )
