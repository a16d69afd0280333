"""A model applied to new samples: probability, spread, genes, and how far one may trust it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.base.notes import WARNING, is_warning
from deepcme.base.processes.threads import single_thread
from deepcme.base.words import counted, few
from deepcme.network.architecture import FloatArray
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
from deepcme.trained.scale_reading import require_convertible
from deepcme.trained.suitability import judge_samples

GENES_SHOWN = 5


@dataclass(frozen=True)
class Predictions:
    """One row per sample, and what was noted on the way.

    Attributes
    ----------
    table : DataFrame
        sample; probability (calibrated); spread (standard deviation of the
        calibrated probability over the networks; missing where the model is not of
        several); threshold (the model's);
        positive (whether the probability reaches it; missing where the model makes no
        calls); far (whether the sample is far outside the training data); coverage
        (share of the model's genes with a value); training_patient (whether the model
        learned from the sample's patient: "yes" by id, "likely" by a profile that is
        nearly a training sample's, "no", or "unknown" of models of schema 1); genes
        (those that push it most, with their share in the log-odds); remark (why there is
        no prediction, or what it rests on). A sample without a prediction has no
        probability, spread, call or genes.
    notes : list of str
        Coverage, conversions and warnings, those of the model too.
    """

    table: pd.DataFrame
    notes: list[str]

    def describe(self) -> str:
        """How many were called positive, at which threshold, and the range, in a sentence."""
        predicted = self.table.dropna(subset="probability")
        left = len(self.table) - len(predicted)
        without = f" {counted(left, 'sample')} without a prediction." if left else ""
        lowest, highest = predicted["probability"].min(), predicted["probability"].max()
        span = f"Probabilities run from {lowest:.3f} to {highest:.3f}.{without}"
        if predicted["positive"].isna().all():
            return f"No sample was called positive or negative. {span}"
        return (
            f"{int(predicted['positive'].sum()):,} of {counted(len(predicted), 'sample')} "
            f"positive, at the threshold of {predicted['threshold'].iloc[0]:.3f}. {span}"
        )


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
        score, by_network = model.learned.evaluate(Z)
        genes = _describe_genes(model, Z)
    predicted = pd.DataFrame(
        {
            "probability": model.calibrate(score),
            "spread": np.nan if by_network is None else model.calibrate(by_network).std(axis=1),
            "far": compute_distances(np.where(known, Z[:, match.present], np.nan))
            > model.manifest.far_distance,
            "genes": genes,
        },
        index=rows,
    ).reindex(range(len(expression.samples)))
    probability = predicted["probability"].to_numpy()
    table = pd.DataFrame(
        {
            "sample": expression.samples,
            "probability": probability,
            "spread": predicted["spread"],
            "threshold": model.manifest.threshold.probability,
            "positive": model.call(probability),
            "far": predicted["far"].astype("boolean"),
            "coverage": suitability.coverage,
            "training_patient": "unknown" if recognition is None else recognition.column(),
            "genes": predicted["genes"].fillna(""),
            "remark": suitability.marks,
        }
    )
    warnings = [
        *notes_on_recognition(model, recognition),
        *suitability.warnings(),
        *_warnings(table),
        *_warnings_of(model),
    ]
    return Predictions(table, [*match.notes(), *expression.notes, *notes, *warnings])


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
    if not model.makes_calls:
        warnings.append(
            f"{WARNING}no sample is called positive or negative: this model's predictions do "
            "not rise with the risk."
        )
    return warnings


def _describe_genes(model: Model, Z: FloatArray) -> list[str]:
    slope = model.manifest.calibration.slope
    shares = slope * model.learned.attribute(Z)
    names = _gene_names(model)
    most = np.argsort(-np.abs(shares), axis=1, kind="stable")[:, :GENES_SHOWN]
    return [
        "; ".join(f"{names[gene]} {sample[gene]:+.3f}" for gene in top if sample[gene] != 0)
        for sample, top in zip(shares, most, strict=True)
    ]


def _gene_names(model: Model) -> list[str]:
    """Symbols where known, else ids."""
    genes = model.manifest.genes
    symbols = genes.others.get("symbol", genes.id)
    return [symbol or gene for symbol, gene in zip(symbols, genes.id, strict=True)]


def round_predictions(table: pd.DataFrame) -> pd.DataFrame:
    """The table for reading: six digits after the point; yes, no or blank for truth values."""
    shown = table.round(6)
    for column in ("positive", "far"):
        shown[column] = table[column].map({True: "yes", False: "no"}).astype(object).fillna("")
    return shown
