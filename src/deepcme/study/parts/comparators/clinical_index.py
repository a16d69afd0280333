"""A published index of clinical columns beside the models: a formula that learns nothing.

Tables
------
clinical_index.csv    index, title, standing (full, partial or refused), why (it is refused),
                      warnings, methods (what it is and how it was read, in sentences), source,
                      cancer, n, events, n_known, events_known
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, ClassVar, Final, Literal

import numpy as np
import pandas as pd

from deepcme.base.errors import AbsentError, DeepCMEError
from deepcme.base.words import listed
from deepcme.cohort.indices.columns import with_indices
from deepcme.cohort.indices.indices import (
    INDICES,
    ClinicalIndex,
    DerivedIndex,
    derive_index,
)
from deepcme.cohort.outcome import BinaryOutcome
from deepcme.cohort.splits import Split
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.study.part import PREDICTIONS, Kept, Part, TextColumns
from deepcme.study.parts.comparators.taking_part import find_other_cancer
from deepcme.study.resolved import Study
from deepcme.study.tables import concatenate, predictions_of_scores
from deepcme.study.tasks import Plan, Task, content_key

CLINICAL_INDEX = "clinical_index.csv"
FEWEST_KNOWN = 0.8
"""An index that a smaller share of the samples has does not stand beside the models."""
WELL_KNOWN = 0.9
"""One that a smaller share has is partial."""
FULL: Final = "full"
PARTIAL: Final = "partial"
REFUSED: Final = "refused"


@dataclass(frozen=True)
class StandingIndex:
    """An index, and whether it stands beside the models of a study.

    Attributes
    ----------
    index : ClinicalIndex
    derived : DerivedIndex or None
        None where it could not be made.
    standing : {"full", "partial", "refused"}
        Full of at least 90 % of the samples, partial of at least 80 %.
    why : str
        Why it does not stand, in a sentence.
    lacking : str
        Who has the median in its place, in a sentence; empty if nobody.
    """

    index: ClinicalIndex
    derived: DerivedIndex | None
    standing: Literal["full", "partial", "refused"]
    why: str = ""
    lacking: str = ""

    @property
    def stands(self) -> DerivedIndex | None:
        """The values, if it stands beside the models."""
        return None if self.standing == REFUSED else self.derived


class ClinicalIndexPart(Part[Task]):
    """Indices that the cohort's columns give; without tasks, as nothing is fitted."""

    name = "clinical_index"
    outcomes = (BinaryOutcome.kind, SurvivalOutcome.kind)
    settings = None
    stands_beside = False
    tables: ClassVar[TextColumns] = {
        CLINICAL_INDEX: (
            *("index", "title", "standing", "why"),
            *("warnings", "methods", "source", "cancer"),
        )
    }
    inputs = "values of clinical indices"

    def check_settings(self, study: Study) -> None:
        """Refuse a model that is called as an index that may stand beside it."""
        if not _is_asked_for(study):
            return
        for name in {index.name for index in INDICES} & {model.name for model in study.models}:
            raise DeepCMEError(
                f"a model must not be called {name!r}, as an index that stands beside it is: "
                'give it another name, or set clinical_index = "none" under [comparator].'
            )

    def bring(self, plan: Plan) -> Plan:
        """A column of the cohort for each index by which the study describes or predicts."""
        study = plan.study
        columns = (*_clinical_columns(plan), *study.subgroups.named)
        cohort = with_indices(plan.cohort, columns, study.comparator.components)
        return replace(plan, cohort=cohort)

    def check(self, plan: Plan) -> None:
        """Refuse columns that were named and do not give the index."""
        if not any(plan.study.comparator.components.values()):
            return
        for stood in find_indices(plan):
            if stood.stands is None:
                raise DeepCMEError(
                    f"{stood.why.rstrip('.')}. Name other columns under [comparator], or set "
                    'clinical_index = "none" there.'
                )

    def read_inputs(self, plan: Plan) -> dict[str, str]:
        return {
            stood.index.name: content_key({"values": [*map(str, stood.derived.values)]})
            for stood in find_indices(plan)
            if stood.derived is not None
        }

    def announce(self, plan: Plan) -> str:
        """What stands beside the models."""
        sentences = [
            (
                f"Beside the models, trained on nothing: {stood.stands.describe()}",
                _warn_of_repeats(plan, stood),
            )
            for stood in find_indices(plan)
            if stood.stands is not None
        ]
        return " ".join(filter(None, chain.from_iterable(sentences)))

    def make_tables(self, plan: Plan, kept: Kept) -> dict[str, pd.DataFrame]:
        """Predictions of the indices that stand, and what is known of all."""
        found = find_indices(plan)
        if not found:
            return {}
        tables = {CLINICAL_INDEX: pd.DataFrame([_describe(plan, one) for one in found])}
        predictions = [
            predictions_of_scores(
                plan.cohort, number, split, one.index.name, fill(one.stands, split)
            )
            for one in found
            if one.stands is not None
            for number, split in enumerate(plan.splits, start=1)
        ]
        return tables | ({PREDICTIONS: concatenate(predictions)} if predictions else {})


CLINICAL_INDICES = ClinicalIndexPart()


def _is_asked_for(study: Study) -> bool:
    return study.comparator.clinical_index != "none"


def find_indices(plan: Plan) -> list[StandingIndex]:
    """Each index and whether it stands beside the models; none if they were not asked for."""
    if not _is_asked_for(plan.study):
        return []
    named = plan.study.comparator.components
    other = "" if any(named.values()) else find_other_cancer(plan.cohort)
    if other:
        return [
            StandingIndex(index, None, REFUSED, _why_none(index, other)) for index in INDICES
        ]
    return [_find(index, plan, named) for index in INDICES]


def _why_none(index: ClinicalIndex, cancer: str) -> str:
    return (
        f"The cohort says that it is of another cancer ({cancer}) than {index.cancer} cancer, "
        "which the index was made for."
    )


def _find(index: ClinicalIndex, plan: Plan, named: dict[str, str]) -> StandingIndex:
    try:
        derived = derive_index(index, plan.cohort, named)
    except AbsentError as error:
        return StandingIndex(index, None, REFUSED, str(error))
    n_missing, n_samples = int((~derived.is_known).sum()), len(derived.values)
    if n_missing == 0:
        return StandingIndex(index, derived, FULL)
    parts = [np.arange(n_samples)]
    parts += [split.test for split in plan.splits if split.left_out is not None]
    known = min(float(derived.is_known[rows].mean()) for rows in parts)
    lacking = f"{n_missing:,} of {n_samples:,} samples lack one of its components"
    if known < FEWEST_KNOWN:
        where = " in each cohort that is left out" if len(parts) > 1 else ""
        why = (
            f"{derived.describe()} It does not stand beside the models, as {lacking}, and at "
            f"least {FEWEST_KNOWN:.0%} must have it{where}."
        )
        return StandingIndex(index, derived, REFUSED, why)
    lacking += (
        " and have the median of the training part in its place: this keeps it on the same "
        "patients as the models, and makes it look weaker."
    )
    return StandingIndex(index, derived, FULL if known >= WELL_KNOWN else PARTIAL, "", lacking)


def fill(derived: DerivedIndex, split: Split) -> np.ndarray:
    """The index of each sample, that of the median training sample where it is not known."""
    median = np.nanmedian(derived.values[split.train])
    return np.where(derived.is_known, derived.values, median)


def _describe(plan: Plan, stood: StandingIndex) -> dict[str, Any]:
    index, events = stood.index, plan.cohort.outcome.events
    is_known = np.zeros(plan.cohort.n_samples, dtype=bool)
    if stood.derived is not None:
        is_known = stood.derived.is_known
    return {
        "index": index.name,
        "title": index.title,
        "standing": stood.standing,
        "why": stood.why,
        "warnings": _warn(plan, stood),
        "methods": _describe_methods(stood),
        "source": index.source,
        "cancer": index.cancer,
        "n": plan.cohort.n_samples,
        "events": int(events.sum()),
        "n_known": int(is_known.sum()),
        "events_known": int(events[is_known].sum()),
    }


def _warn(plan: Plan, stood: StandingIndex) -> str:
    """What to bear in mind when it is set beside the models."""
    if stood.stands is None:
        return ""
    is_asked = stood.index.name in _clinical_columns(plan)
    next_step = f"What the genes add to it is another question: --clinical {stood.index.name}."
    said = (
        stood.stands.note,
        stood.lacking,
        _warn_of_repeats(plan, stood),
        "" if is_asked else next_step,
    )
    return " ".join(filter(None, said))


def _warn_of_repeats(plan: Plan, stood: StandingIndex) -> str:
    """That clinical columns repeat what is in the index, if it stands beside them."""
    columns, derived = _clinical_columns(plan), stood.derived
    if derived is None or stood.index.name not in columns:
        return ""
    repeated = [name for name in columns if name in derived.columns]
    if not repeated:
        return ""
    return (
        f"The clinical columns {listed(repeated)} are what {stood.index.name} is made of: "
        "their coefficients and its own cannot be told apart, and one of both is enough."
    )


def _clinical_columns(plan: Plan) -> tuple[str, ...]:
    return () if plan.study.clinical is None else plan.study.clinical.columns


def _describe_methods(stood: StandingIndex) -> str:
    if stood.stands is None:
        return ""
    return (
        f"{stood.index.name} is the published formula ({stood.index.source}): "
        f"{stood.index.formula}; nothing of it is learned. {stood.stands.describe()}"
        + (f" {stood.lacking}" if stood.lacking else "")
    )
