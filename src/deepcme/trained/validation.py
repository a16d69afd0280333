"""A frozen model on new patients whose endpoint is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from deepcme.base.errors import DeepCMEError
from deepcme.base.notes import WARNING, is_warning
from deepcme.base.shown import Shown, Shows, names_in_line
from deepcme.cohort.cohort import Cohort
from deepcme.cohort.outcome import require_binary
from deepcme.cohort.survival import SurvivalOutcome
from deepcme.trained.binary.model import BinaryModel
from deepcme.trained.binary.validation import examine_binary_model
from deepcme.trained.manifest import Manifest
from deepcme.trained.model import Model
from deepcme.trained.new_samples import Normalisation, expression_of, match_genes
from deepcme.trained.prediction import predict
from deepcme.trained.recognition import recognise
from deepcme.trained.strangers import Strangers, find_strangers
from deepcme.trained.survival.model import SurvivalModel
from deepcme.trained.survival.validation import (
    examine_survival_model,
    in_unit_of,
    note_conversions,
)
from deepcme.trained.tested import FROZEN as FROZEN
from deepcme.trained.tested import RECALIBRATED as RECALIBRATED
from deepcme.trained.tested import SAMPLES, Findings

__all__ = ["Validation", "validate_model"]


@dataclass(frozen=True, repr=False)
class Validation(Shows):
    """What a frozen model is worth on new patients.

    Attributes
    ----------
    model : Model
    cohort : str
        Name of the new cohort.
    endpoint : str
        Of the new cohort, in words.
    normalise : str
    tables : dict of DataFrame
        Of a model of yes or no predictions, external_auc, external_classification,
        external_calibration, calibration_verdicts, calibration_curves, calibration_groups,
        risk_histogram, decision_curve, net_benefit; no external_classification of a model
        that makes no calls, no curves, groups and histogram with fewer than 50 events or
        non-events. Of a model of times those of `examine_survival_model`.
    notes : list of str
        Coverage, conversions, warnings, and what is shown of the model's calibration.
    found : str
        What was found beside what was expected.
    agreement : str
        Whether the two agree, which says nothing of patients that the model learned from.
    brand : str
        What stands on every result if the model learned from these patients; else empty.
    """

    model: Model
    cohort: str
    endpoint: str
    normalise: Normalisation
    tables: dict[str, pd.DataFrame]
    notes: list[str]
    found: str
    agreement: str = ""
    brand: str = ""

    @property
    def manifest(self) -> Manifest:
        """Of the model."""
        return self.model.manifest

    def describe(self) -> str:
        """What was found beside what was expected, in a sentence."""
        samples = "samples" if self.brand else "new samples"
        sentence = f"{self.cohort}: {self.found.replace(SAMPLES, samples)}"
        if self.brand:
            return f"{self.brand} {sentence}"
        return f"{sentence} {self.agreement}".rstrip()

    def _shown(self) -> Shown:
        warnings = [note.removeprefix(WARNING) for note in self.notes if is_warning(note)]
        facts = [
            ("Endpoint", self.endpoint),
            ("Normalised", self.normalise),
            *(("Warning", warning) for warning in warnings),
            ("Tables", names_in_line(self.tables)),
        ]
        trained = self.manifest.cohort.name
        title = f"Validation of {self.manifest.model.name} of {trained} on {self.cohort}"
        return Shown(title, [self.describe()], facts, end="More: .tables, .notes.")


def validate_model(
    model: Model,
    cohort: Cohort,
    *,
    normalise: Normalisation = "none",
    allow_missing: bool = False,
    allow_training_samples: bool = False,
    seed: int = 1,
) -> Validation:
    """Apply a model as it is to new patients and compare with what happened to them.

    What is not a primary tumour is left out, as in training
    (`Cohort.keep_primary_tumours`), and so are a sample that cannot be predicted and
    patients that the model learned from, unless they are allowed: then every table says
    so. Nothing of the model is fitted anew; beside it stands a recalibrated copy, whose
    line is fitted on nine tenths of the new patients and applied to the last. The times of a
    cohort are taken in the model's unit.

    Raises
    ------
    DeepCMEError
        As `predict`, for the cohort that the model learned from, for another kind of outcome
        than the model's, with fewer than two patients of a class, and where too few are
        followed to the model's horizon.
    """
    _require_outcome(model, cohort)
    cohort = cohort.keep_primary_tumours()
    strangers = _find_strangers(model, cohort, normalise, allow_training_samples)
    if strangers.left_out:
        cohort = cohort.select(strangers.keep, f"Training patients: {strangers.left_out}.")
    predictions = predict(
        model,
        expression_of(cohort),
        normalise=normalise,
        allow_missing=allow_missing,
        allow_training_samples=True,
    )
    findings = _examine(model, cohort, predictions.table, seed)
    tables = findings.tables
    if strangers.n_training_patients:
        for name in tables.keys() - {"predictions"}:
            tables[name]["training_patients"] = strangers.n_training_patients
    return Validation(
        model,
        cohort.name,
        cohort.endpoint,
        normalise,
        tables,
        [*predictions.notes, *strangers.warnings, *findings.notes],
        findings.words,
        findings.agreement,
        strangers.brand,
    )


def _examine(model: Model, cohort: Cohort, predicted: pd.DataFrame, seed: int) -> Findings:
    if isinstance(model, BinaryModel):
        labels = cohort.outcome.values
        table = predicted.assign(**labels, patient=cohort.patients)
        return examine_binary_model(model, table, seed)
    assert isinstance(model, SurvivalModel)
    outcome = in_unit_of(model, cohort)
    table = predicted.assign(**outcome.values, patient=cohort.patients)
    findings = examine_survival_model(model, table, seed)
    return replace(findings, notes=[*note_conversions(model, cohort), *findings.notes])


def _require_outcome(model: Model, cohort: Cohort) -> None:
    if isinstance(model, BinaryModel):
        require_binary(type(cohort.outcome), cohort.name)
    elif not isinstance(cohort.outcome, SurvivalOutcome):
        raise DeepCMEError(
            f"{cohort.name} has a {cohort.outcome.kind} outcome, and this model tells times to "
            "an event: make the cohort anew with --time and --event of `deepcme prepare`."
        )


def _find_strangers(
    model: Model, cohort: Cohort, normalise: Normalisation, allow: bool
) -> Strangers:
    """The patients that the model did not learn from; an equal file is the same cohort."""
    expression = expression_of(cohort)
    columns = match_genes(expression, model.manifest.genes).column
    same = cohort.fingerprint == model.manifest.cohort.fingerprint
    known = recognise(model, expression, columns, normalise)
    return find_strangers(cohort.name, cohort, known, same=same, allow=allow)
