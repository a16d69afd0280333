"""A model applied to new samples: probability, spread, genes, and how far one may trust it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.notes import WARNING, is_warning
from deepcme.base.processes.threads import single_thread
from deepcme.base.shown import Shown, Shows
from deepcme.base.words import counted, few
from deepcme.network.architecture import FloatArray
from deepcme.trained.learned.pushes import find_pushes, in_words
from deepcme.trained.model import Model
from deepcme.trained.new_samples import (
    Expression,
    Normalisation,
    known_values,
    match_genes,
    require_coverage,
    standardise,
)
from deepcme.trained.recognition import notes_on_recognition, recognise, refuse_training_cohort
from deepcme.trained.scales.scale_reading import require_convertible
from deepcme.trained.suitability import judge_samples

__all__ = ["Predictions", "predict"]


@dataclass(frozen=True, repr=False)
class Predictions(Shows):
    """One row per sample, and what was noted on the way.

    Attributes
    ----------
    table : DataFrame
        sample; of a model of yes or no probability (calibrated); spread (standard deviation
        of the calibrated probability over the networks; missing where the model is not of
        several); threshold (the model's); positive (whether the probability reaches it;
        missing where the model makes no calls); of a model of times risk (calibrated, by the
        horizon); spread (of the risk); horizon (in words); group (the third of the training
        patients' out-of-fold risks; missing where everybody gets the same risk); log_hazard
        (calibrated, against the training mean); risk_by_T for each further time T that was
        asked for; and of both far (whether the sample is far outside the training data);
        coverage (share of the model's genes with a value); training_patient (whether the model
        learned from the sample's patient: "yes" by id, "likely" by a profile that is
        nearly a training sample's, "no", or "unknown" of models of schema 1); genes
        (those that push it most, with their share in the log-odds, or the log hazard);
        remark (why there is no prediction, or what it rests on). A sample without a
        prediction has no probability or risk, spread, call, group or genes.
    notes : list of str
        Coverage, conversions and warnings, those of the model too.
    model : Model
        That predicted.
    pushes : DataFrame
        sample, gene, share: the genes that push each sample most, as under `genes` of the
        table, one row each.
    """

    table: pd.DataFrame
    notes: list[str]
    model: Model
    pushes: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["sample", "gene", "share"])
    )

    def describe(self) -> str:
        """How many were called positive, or are in which group, and the range."""
        predicted = self.table.dropna(subset=self.model.told)
        left = len(self.table) - len(predicted)
        without = f" {counted(left, 'sample')} without a prediction." if left else ""
        return self.model.describe(predicted) + without

    def frame(self) -> pd.DataFrame:
        """The table by sample id."""
        return self.table.set_index("sample")

    def _shown(self) -> Shown:
        warnings = [note.removeprefix(WARNING) for note in self.notes if is_warning(note)]
        return Shown(
            f"Predictions of {counted(len(self.table), 'sample')} by {_name_of(self.model)}",
            [self.describe()],
            [("Warning", warning) for warning in warnings],
            round_predictions(self.table),
            "More: .frame(), .notes.",
        )


def _name_of(model: Model) -> str:
    return f"{model.manifest.model.name} of {model.manifest.cohort.name}"


def predict(
    model: Model,
    expression: Expression,
    *,
    normalise: Normalisation = "none",
    allow_missing: bool = False,
    allow_training_samples: bool = False,
) -> Predictions:
    """Predict new samples.

    A sample's prediction depends on that sample alone, but with `normalise` ``cohort``.

    Parameters
    ----------
    model : Model
    expression : Expression
        `read_expression` or `expression_of` makes one.
    normalise : {"none", "cohort", "rank"}
        How values of another platform are brought to the model's; see `standardise`.
    allow_missing : bool
        Whether values of less than 95% of the model's genes will do; a missing gene
        counts as its training mean.
    allow_training_samples : bool
        Whether the whole training cohort may be predicted; some patients of it may be, and
        are marked.

    Raises
    ------
    DeepCMEError
        If no sample can be predicted, too many genes are missing, the declared scale
        cannot be converted, or these are the training cohort.

    Examples
    --------
    >>> import deepcme
    >>> cohort = deepcme.simulate(
    ...     samples=90, genes=30, events=36, signal_genes=5, module_size=5, repeated_samples=0
    ... )
    >>> model = deepcme.train(cohort[:60], model="LR", repeats=1, quiet=True).model
    >>> from deepcme.trained.new_samples import expression_of
    >>> from deepcme.trained.prediction import predict
    >>> len(predict(model, expression_of(cohort[60:])).frame())
    30
    """
    match = match_genes(expression, model.manifest.genes)
    require_coverage(match, allow_missing)
    require_convertible(expression.scale, model, normalise)
    suitability = judge_samples(expression, match, model, normalise, allow_missing)
    suitability.require_any()
    recognition = recognise(model, expression, match.column, normalise)
    if not allow_training_samples:
        refuse_training_cohort(recognition)
    rows = suitability.rows
    known = ~np.isnan(known_values(expression.of_samples(rows), match, model, normalise))
    with single_thread():
        Z, notes = standardise(expression.of_samples(rows), match, model, normalise)
        scores = model.learned.evaluate(Z)
        shares = model.slope * model.learned.attribute(Z)
        pushes = find_pushes(shares, model.manifest.genes.names)
    n_samples = len(expression.samples)
    fence = model.manifest.far_distance
    judged = pd.DataFrame(
        {
            "far": compute_distances(np.where(known, Z[:, match.present], np.nan)) > fence,
            "genes": [in_words(of_sample) for of_sample in pushes],
        },
        index=rows,
    ).reindex(range(n_samples))
    table = model.predict(scores.among(rows, n_samples)).assign(
        far=judged["far"].astype("boolean"),
        coverage=suitability.coverage,
        training_patient="unknown" if recognition is None else recognition.column(),
        genes=judged["genes"].fillna(""),
        remark=suitability.marks,
    )
    table.insert(0, "sample", expression.samples)
    warnings = [
        *notes_on_recognition(model, recognition),
        *suitability.warnings(),
        *_warnings(table),
        *_warnings_of(model),
    ]
    notes = [*match.notes(), *expression.notes, *notes, *warnings]
    named = [
        (expression.samples[row], gene, share)
        for row, of_sample in zip(rows, pushes, strict=True)
        for gene, share in of_sample
    ]
    by_gene = pd.DataFrame(named, columns=["sample", "gene", "share"])
    return Predictions(table, notes, model, by_gene)


def compute_distances(Z: FloatArray) -> NDArray[np.float64]:
    """Root mean square of each sample's standardised values; about 1 in the training data.

    NaN where missing, but not of a whole sample.
    """
    mean_square = np.nanmean(Z.astype(np.float64) ** 2, axis=1)
    return np.asarray(np.sqrt(mean_square), dtype=np.float64)


def far_out_fence(distances: NDArray[np.float64]) -> float:
    """Tukey's outer fence of the training distances: beyond it a sample is far out [1]_.

    References
    ----------
    .. [1] Tukey JW (1977). Exploratory data analysis, section 2D.
    """
    lower, upper = np.quantile(distances, [0.25, 0.75])
    return float(upper + 3 * (upper - lower))


def _warnings(table: pd.DataFrame) -> list[str]:
    far = table.loc[table["far"].fillna(False), "sample"]
    if far.empty:
        return []
    return [
        f"{WARNING}{len(far)} of {len(table)} samples are far outside the training data "
        f"({few(far)}): another platform, scale or tissue may be the reason, and their "
        "predictions are not to be relied on."
    ]


def _warnings_of(model: Model) -> list[str]:
    """What the model warns of itself and its training data."""
    warnings = [
        f"{WARNING}of the model: {note.removeprefix(WARNING)}"
        for note in model.manifest.notes
        if is_warning(note)
    ]
    if not model.rises:
        warnings.append(
            f"{WARNING}{model.without_rise}: this model's predictions do not rise with the "
            "risk."
        )
    return warnings


def round_predictions(table: pd.DataFrame) -> pd.DataFrame:
    """The table for reading: six digits after the point; yes, no or blank for truth values."""
    shown = table.round(6)
    for column in table.columns.intersection(["positive", "far"]):
        shown[column] = table[column].map({True: "yes", False: "no"}).astype(object).fillna("")
    return shown
