"""Whether samples are of patients that a model learned from, by their ids and profiles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deepcme.base.errors import DeepCMEError
from deepcme.base.processes.threads import single_thread
from deepcme.base.words import counted, few, plain_spelling
from deepcme.cohort.barcodes import canonical_patient
from deepcme.cohort.people import names_nobody
from deepcme.network.architecture import FloatArray
from deepcme.trained.manifest import TrainingIds
from deepcme.trained.model import Model
from deepcme.trained.new_samples import Expression, Normalisation
from deepcme.trained.sketches import ALIKE, FEWEST_GENES, PERHAPS_ALIKE, Sketches

NEARLY_ALL = 0.95
"""Share of patients from which on samples count as the training cohort itself."""
_FEWEST_PERHAPS = 5
_NAMED = 20


@dataclass(frozen=True)
class TrainingSamples:
    """What is kept of the samples that a model learned from."""

    ids: TrainingIds
    sketches: Sketches | None

    @classmethod
    def of(
        cls,
        samples: Iterable[object],
        patients: Iterable[object],
        X: FloatArray,
        columns: NDArray[np.int64],
        seed: np.random.SeedSequence,
    ) -> Self:
        """Hash the ids and sketch the profiles, at the columns of a model's genes."""
        salt = seed.generate_state(4).astype("<u4").tobytes()
        ids = TrainingIds(
            salt=salt.hex(),
            patients=sorted({_hashed(patient, salt) for patient in patients}),
            samples=sorted({_hashed(sample, salt) for sample in samples}),
        )
        if len(columns) < FEWEST_GENES:
            return cls(ids, None)
        with single_thread():
            return cls(ids, Sketches.of(X, columns, int(ids.salt, 16)))

    def recognise(
        self,
        samples: Iterable[object],
        patients: Iterable[object] | None,
        X: FloatArray,
        columns: NDArray[np.int64],
        *,
        within: bool,
    ) -> Recognition:
        """Find the training patients among new samples.

        Parameters
        ----------
        samples : iterable of str
        patients : iterable of str, optional
            Of each sample, where known; without, or where blank, a sample's id may be a
            patient's.
        X : ndarray of float32, shape (samples, any)
        columns : ndarray of int64, shape (genes,)
            Column of each gene, -1 where there is none.
        within : bool
            Whether profiles are compared as relative to these samples too, so that copies
            that were centred or standardised gene by gene are known.
        """
        names = [str(sample) for sample in samples]
        of_samples, of_patients = _hashed_ids(self.ids, names, patients)
        is_known = np.isin(of_samples, self.ids.samples)
        is_known |= np.isin(of_patients, self.ids.patients)
        equal = np.zeros((len(names), 1), dtype=np.int64)
        if self.sketches is not None:
            with single_thread():
                equal = self.sketches.equal_bits(X, columns)
                if within:
                    relative = self.sketches.equal_bits(X, columns, within=True)
                    equal = np.maximum(equal, relative)
        kinds = ((of_patients, self.ids.patients), (of_samples, self.ids.samples))
        shares = [len(set(new) & set(known)) / len(known) for new, known in kinds]
        return Recognition(
            samples=np.array(names, dtype=object),
            patients=np.array(of_patients, dtype=object),
            by_id=np.isin(of_patients, np.array(of_patients)[is_known]),
            most_equal=equal.max(axis=1),
            nearest=equal.argmax(axis=1),
            share_of_ids=max(shares),
            n_sketches=0 if self.sketches is None else equal.shape[1],
        )


@dataclass(frozen=True)
class Recognition:
    """Which of some samples are of patients that a model learned from.

    Attributes
    ----------
    samples, patients : ndarray of object
        Ids of the samples, and what tells their patients apart.
    by_id : ndarray of bool
        Whether the patient has the id of a training patient, or a sample of his that of a
        training sample.
    most_equal, nearest : ndarray of int64
        Bits shared with the nearest training sketch, and its number.
    share_of_ids : float
        Share of the training patients, or samples, whose ids are among these.
    n_sketches : int
        Of the training samples; 0 if profiles cannot be compared.
    """

    samples: NDArray[np.object_]
    patients: NDArray[np.object_]
    by_id: NDArray[np.bool_]
    most_equal: NDArray[np.int64]
    nearest: NDArray[np.int64]
    share_of_ids: float
    n_sketches: int

    @property
    def by_profile(self) -> NDArray[np.bool_]:
        """Whether a sample under another id has nearly the profile of a training sample."""
        return (self.most_equal >= ALIKE) & ~self.by_id

    @property
    def n_patients(self) -> int:
        """How many patients there are."""
        return len(set(self.patients))

    @property
    def n_known(self) -> int:
        """How many patients the model learned from, by id or profile."""
        return len(set(self.patients[self.by_id | self.by_profile]))

    @property
    def is_training_cohort(self) -> bool:
        """Whether nearly all patients are known, or most of the other profiles are copies.

        Where single profiles are too noisy to be known again, the cohort still is, if over
        half of its samples resemble one training sample each.
        """
        if self.n_known >= NEARLY_ALL * self.n_patients:
            return True
        others = int((~self.by_id).sum())
        return max(int(self.by_profile.sum()), self._n_resembled) > others / 2

    @property
    def holds_training_cohort(self) -> bool:
        """Whether these are the training cohort, and nearly the whole of it."""
        is_whole = (
            self.share_of_ids >= NEARLY_ALL or self._n_resembled > self.n_sketches / 2 > 0
        )
        return self.is_training_cohort and is_whole

    @property
    def _n_resembled(self) -> int:
        """Training samples that samples under other ids resemble, if more than chance gives."""
        resembling = (self.most_equal >= PERHAPS_ALIKE) & ~self.by_id
        n_resembled = len(set(self.nearest[resembling]))
        return n_resembled if n_resembled >= _FEWEST_PERHAPS else 0

    def describe(self) -> str:
        """How many patients are known and by what, in words without a stop."""
        n_by_id = len(set(self.patients[self.by_id]))
        copies = "most profiles are nearly those of training samples under other ids"
        if not n_by_id:
            return copies
        found = f"{n_by_id:,} of {self.n_patients:,} patients have ids of training patients"
        if n_by_id < NEARLY_ALL * self.n_patients:
            return f"{found}; of the others, {copies}"
        resembling = (self.most_equal >= PERHAPS_ALIKE) & self.by_id
        if self.n_sketches and resembling.sum() < self.by_id.sum() / 10:
            found += (
                ", though other profiles: if they are other people, give them ids of their own"
            )
        return found

    def column(self) -> NDArray[np.object_]:
        """For each sample "yes" (by id), "likely" (by profile) or "no"."""
        words = np.select([self.by_id, self.by_profile], ["yes", "likely"], "no")
        return words.astype(object)

    def warnings(self) -> list[str]:
        """What is to be said of the samples that are known, by name."""
        warnings = []
        if self.by_id.any():
            known = self.samples[self.by_id]
            are = "is" if len(known) == 1 else "are"
            warnings.append(
                f"Warning: {len(known):,} of {counted(len(self.samples), 'sample')} "
                f"({few(known)}) {are} of patients that the model "
                "learned from: what it says of them is no sign of what it says of new patients."
            )
        copies = self.samples[self.by_profile]
        if len(copies):
            warnings.append(
                f"Warning: {counted(len(copies), 'sample')} ({few(copies, _NAMED)}) "
                f"{'has' if len(copies) == 1 else 'have'} nearly the profile of a training "
                "sample under another id: the model has probably learned from them."
            )
        return warnings


def recognise(
    model: Model,
    expression: Expression,
    columns: NDArray[np.int64],
    normalise: Normalisation,
) -> Recognition | None:
    """Find a model's training patients; None if it does not know them, being of schema 1."""
    ids = model.manifest.training_ids
    if ids is None:
        return None
    return TrainingSamples(ids, model.sketches).recognise(
        expression.samples,
        expression.patients,
        expression.X,
        columns,
        within=normalise == "cohort",
    )


def known_by_id(
    model: Model, samples: Sequence[str], patients: Sequence[str] | None = None
) -> list[str]:
    """For each sample "yes" where a training patient has its id or its patient's, else "no".

    As `recognise` finds them without profiles: fast, of one sample as of many. "unknown" of a
    model that does not know its training patients.
    """
    ids = model.manifest.training_ids
    if ids is None:
        return ["unknown"] * len(samples)
    of_samples, of_patients = _hashed_ids(ids, samples, patients)
    known = {
        patient
        for sample, patient in zip(of_samples, of_patients, strict=True)
        if sample in ids.known_samples or patient in ids.known_patients
    }
    return ["yes" if patient in known else "no" for patient in of_patients]


def _hashed_ids(
    ids: TrainingIds, samples: Iterable[object], patients: Iterable[object] | None
) -> tuple[list[str], list[str]]:
    """Hashes of samples and of their patients; a sample's id stands for an unnamed patient."""
    salt = bytes.fromhex(ids.salt)
    of_samples = [_hashed(sample, salt) for sample in samples]
    if patients is None:
        return of_samples, of_samples
    return of_samples, [
        of_sample if names_nobody(str(patient)) else _hashed(patient, salt)
        for patient, of_sample in zip(patients, of_samples, strict=True)
    ]


def refuse_training_cohort(recognition: Recognition | None) -> None:
    """Refuse samples that are the training cohort itself, whole.

    Raises
    ------
    DeepCMEError
        It names the way out.
    """
    if recognition is not None and recognition.holds_training_cohort:
        raise training_cohort_error("The samples are", recognition.describe())


def training_cohort_error(subject: str, found: str) -> DeepCMEError:
    """What is said of a cohort from which the model learned."""
    return DeepCMEError(
        f"{subject} the cohort that the model learned from ({found}); give patients that "
        "it did not learn from, or add --allow-training-samples to have figures that say "
        "nothing of new patients."
    )


def notes_on_recognition(model: Model, recognition: Recognition | None) -> list[str]:
    """Which samples the model knows, and what it cannot tell."""
    if recognition is None:
        return [
            f"The model was trained by deepcme {model.manifest.package_version}, before models "
            "knew their training patients: make sure yourself that none is among these."
        ]
    warnings = recognition.warnings()
    if recognition.n_sketches == 0:
        warnings.append(
            f"The model's {model.n_genes:,} genes, under {FEWEST_GENES}, cannot tell copies of "
            "training samples from others: its training patients are known by their ids alone."
        )
    return warnings


def _hashed(name: object, salt: bytes) -> str:
    """BLAKE2b of an id in one spelling; of a barcode of any length, of its patient."""
    spelled = plain_spelling(canonical_patient(str(name)))
    return hashlib.blake2b(spelled.encode(), digest_size=8, salt=salt).hexdigest()
