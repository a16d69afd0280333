"""A model applied to new samples: probability, spread, genes, and how far one may trust it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepcme.bundle.attribution import compute_integrated_gradients
from deepcme.bundle.expression import (
    Expression,
    Normalisation,
    match_genes,
    require_coverage,
    standardise,
)
from deepcme.bundle.model import Model
from deepcme.bundle.recognition import (
    notes_on_recognition,
    recognise,
    refuse_training_cohort,
)
from deepcme.network.architecture import FloatArray
from deepcme.threads import single_thread
from deepcme.words import few

GENES_SHOWN = 5


@dataclass(frozen=True)
class Predictions:
    """One row per sample, and what was noted on the way.

    Attributes
    ----------
    table : DataFrame
        sample; probability (calibrated); spread (standard deviation of the
        calibrated probability over the networks); positive (whether the
        probability reaches the model's threshold); far (whether the sample is
        far outside the training data); training_patient (whether the model learned
        from the sample's patient: "yes" by id, "likely" by a profile that is nearly a
        training sample's, "no", or "unknown" of models of schema 1); genes (those that
        push it most, with their share in the log-odds).
    notes : list of str
        Coverage, conversions and warnings.
    """

    table: pd.DataFrame
    notes: list[str]


def predict(
    model: Model,
    expression: Expression,
    *,
    normalise: Normalisation = "none",
    allow_missing: bool = False,
    allow_training_samples: bool = False,
) -> Predictions:
    """Predict new samples.

    Parameters
    ----------
    model : Model
    expression : Expression
        `read_expression` or `expression_of` makes one.
    normalise : {"none", "cohort", "rank"}
        How values of another platform are brought to the model's; see `standardise`.
    allow_missing : bool
        Whether less than 95% of the model's genes will do; a missing gene
        counts as its training mean.
    allow_training_samples : bool
        Whether the whole training cohort may be predicted; some patients of it may be, and
        are marked.

    Raises
    ------
    DeepCMEError
        If too many genes are missing, the scale cannot be converted, or these are the
        training cohort.
    """
    match = match_genes(expression, model.manifest.genes)
    require_coverage(match, allow_missing)
    recognition = recognise(model, expression, match.column, normalise)
    if not allow_training_samples:
        refuse_training_cohort(recognition)
    with single_thread():
        Z, notes = standardise(expression, match, model, normalise)
        by_network = model.network_probabilities(Z)
        genes = _describe_genes(model, Z)
    probability = model.calibrate(by_network.mean(axis=1))
    far = compute_distances(Z[:, match.present]) > model.manifest.far_distance
    table = pd.DataFrame(
        {
            "sample": expression.samples,
            "probability": probability,
            "spread": model.calibrate(by_network).std(axis=1),
            "positive": probability >= model.manifest.threshold.probability,
            "far": far,
            "training_patient": "unknown" if recognition is None else recognition.column(),
            "genes": genes,
        }
    )
    known_notes = notes_on_recognition(model, recognition)
    return Predictions(
        table,
        [match.describe(), *expression.notes, *notes, *known_notes, *_warnings(table)],
    )


def compute_distances(Z: FloatArray) -> NDArray[np.float64]:
    """Root mean square of each sample's standardised values; about 1 in the training data."""
    mean_square = np.mean(Z.astype(np.float64) ** 2, axis=1)
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
    far = table.loc[table["far"], "sample"]
    if far.empty:
        return []
    return [
        f"Warning: {len(far)} of {len(table)} samples are far outside the training data "
        f"({few(far)}): another platform, scale or tissue may be the reason, and their "
        "predictions are not to be relied on."
    ]


def _describe_genes(model: Model, Z: FloatArray) -> list[str]:
    slope = model.manifest.calibration.slope
    shares = slope * compute_integrated_gradients(model.networks, Z)
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
    """The table for reading: six digits after the point, yes and no for truth values."""
    shown = table.round(6)
    for column in ("positive", "far"):
        shown[column] = np.where(table[column], "yes", "no")
    return shown
