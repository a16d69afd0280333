"""What a check of the audit returns, and the study it has in mind."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from deepcme.cohort.cohort import Cohort
from deepcme.cohort.outcome import BinaryOutcome

Severity = Literal["info", "warning", "severe"]


@dataclass(frozen=True)
class Finding:
    """One thing that the audit found.

    Parameters
    ----------
    code : str
        ``DCM001`` to ``DCM013``; ``deepcme explain`` has a text about each.
    severity : {"info", "warning", "severe"}
        Severe: results are misleading unless something is done about it.
    title : str
        What was found, in a few words.
    evidence : str
        The numbers behind it, in a sentence.
    advice : str
        What to do.
    """

    code: str
    severity: Severity
    title: str
    evidence: str
    advice: str

    def as_dict(self) -> dict[str, str]:
        """The five fields, in this order."""
        return asdict(self)


@dataclass(frozen=True)
class PlannedStudy:
    """The split and the network that are planned; the paper's, unless told otherwise.

    Parameters
    ----------
    train_fraction, test_fraction : float
        Shares of the samples, 0 to 1.
    hidden_width : int
        Width of the first hidden layer.
    """

    train_fraction: float = 0.6
    test_fraction: float = 0.2
    hidden_width: int = 64


@dataclass(frozen=True)
class Called:
    """What an outcome, and samples with the event and without it, are called in findings."""

    label: str
    positives: str
    negatives: str


def called_in(cohort: Cohort) -> Called:
    """The words for a cohort's kind of outcome."""
    outcome = cohort.outcome
    if isinstance(outcome, BinaryOutcome):
        return Called("label", "positives", "negatives")
    return Called("outcome", outcome.called(1, "samples"), outcome.called(0, "samples"))
