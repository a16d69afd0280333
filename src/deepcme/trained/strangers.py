"""Whom of a cohort a model can be tested on: those that it did not learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted, few
from deepcme.cohort.cohort import Cohort
from deepcme.trained.recognition import Recognition, training_cohort_error


@dataclass(frozen=True)
class Strangers:
    """Whom to test on, and what to say of them.

    Attributes
    ----------
    keep : ndarray of bool, shape (samples,)
        Without the patients that the model learned from, unless they are allowed.
    n_left_out : int
        How many patients are left out.
    left_out : str
        Who they are, in words without a stop; empty if nobody.
    n_training_patients : int
        How many of those kept the model learned from: 0 unless that is allowed.
    brand : str
        What stands on every result if there are any, else empty.
    """

    keep: NDArray[np.bool_]
    n_left_out: int = 0
    left_out: str = ""
    n_training_patients: int = 0
    brand: str = ""

    @property
    def warnings(self) -> list[str]:
        """Who was left out, or was not though the model learned from them."""
        said = [f"{self.left_out}." if self.left_out else "", self.brand]
        return [f"Warning: {words}" for words in said if words]


def find_strangers(
    name: str, cohort: Cohort, recognition: Recognition | None, *, same: bool, allow: bool
) -> Strangers:
    """Leave out the patients that a model learned from, unless they are allowed.

    Parameters
    ----------
    name : str
        What is tested, for messages.
    cohort : Cohort
    recognition : Recognition, optional
        Of its samples; none if the model does not know its training patients.
    same : bool
        Whether the cohort is known by other means to be the training cohort.
    allow : bool
        Whether training patients stay in.

    Raises
    ------
    DeepCMEError
        If it is the training cohort, or no patient with, or none without, the event is left.
    """
    everyone = np.ones(cohort.n_samples, dtype=bool)
    if same or (recognition is not None and recognition.is_training_cohort):
        if not allow:
            found = "it is the same file" if recognition is None else recognition.describe()
            raise training_cohort_error(f"{name}: this is", found)
        return _branded(everyone, cohort.n_patients, cohort.n_patients)
    if recognition is None or not recognition.by_id.any():
        return Strangers(everyone)
    known = recognition.by_id
    patients = sorted(set(cohort.patients[known]))
    if allow:
        return _branded(everyone, len(patients), cohort.n_patients)
    left_out = (
        f"{len(patients):,} of {counted(cohort.n_patients, 'patient')} ({few(patients)}) "
        f"{'was' if len(patients) == 1 else 'were'} left out, as the model learned from them"
    )
    if (lacking := cohort.outcome.lacks(~known)) is not None:
        raise DeepCMEError(
            f"{name}: {left_out}, and there is no {lacking} among the others: give more "
            "patients that it did not learn from."
        )
    return Strangers(~known, len(patients), left_out)


def _branded(everyone: NDArray[np.bool_], n_known: int, n_patients: int) -> Strangers:
    words = brand(n_known, n_patients)
    return Strangers(everyone, n_training_patients=n_known, brand=words)


def brand(n_known: int, n_patients: int) -> str:
    """What stands on a result of patients that the model learned from; empty if of none."""
    if not n_known:
        return ""
    who = "These" if n_known == n_patients else f"{n_known:,} of these {n_patients:,} patients"
    return (
        f"{who} are patients that the model learned from: the figures say nothing of new ones."
    )
