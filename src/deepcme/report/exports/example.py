"""A made-up sample of a linear panel, computed as the formula says, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcme.trained.model import Model
from deepcme.trained.panels.coefficients import calibrated_line
from deepcme.trained.panels.values import PanelValues

_QUANTILES = (5, 10, 15)
"""Of the training values, that is their quarters, in turn: an ordinary sample."""
_REFERENCE = 8.0
"""Level of the reference genes, in log2."""


@dataclass(frozen=True)
class Example:
    """What becomes of each value, as text, and the risk.

    Attributes
    ----------
    of_genes, of_references : list of list of str
        Value, its logarithm where one is taken, the value less the reference genes where there
        are some, deviations, and these times the coefficient; of a reference gene the first
        ones.
    reference_mean : float or None
    score, risk : float
        The calibrated score, and the risk as `predict` tells it.
    """

    of_genes: list[list[str]]
    of_references: list[list[str]]
    reference_mean: float | None
    score: float
    risk: float


def make_example(model: Model) -> Example:
    """Compute the example by the model's own arithmetic."""
    assert model.panel is not None and model.manifest.panel is not None
    reference = model.manifest.panel.reference
    n_references = 0 if reference is None else len(reference.id)
    quantile = np.resize(_QUANTILES, model.n_genes)
    levels = model.panel.ranges[np.arange(model.n_genes), quantile]
    levels = levels + (_REFERENCE if n_references else 0.0)
    # Reference genes differ a little from each other, so that their mean has to be taken.
    offsets = np.resize([0.0, 0.5, -0.25], n_references)
    logged = model.manifest.preprocessing.log2
    typed = np.round([*levels, *(_REFERENCE + offsets)], 2)
    if logged:
        typed = np.round(np.maximum(np.exp2([*levels, *(_REFERENCE + offsets)]) - 1, 0), 2)
    X = typed.astype(np.float32)[np.newaxis]
    values = PanelValues.of(model, X)
    Z = values.standardised()
    intercept, coefficients = calibrated_line(model)
    shares = coefficients * Z[0]
    after_log = np.log2(X[0].astype(np.float64) + 1) if logged else X[0].astype(np.float64)
    reference_mean = float(after_log[model.n_genes :].mean()) if n_references else None

    def first_columns(place: int) -> list[str]:
        columns = [f"{typed[place]:.2f}"]
        return [*columns, f"{after_log[place]:.4f}"] if logged else columns

    return Example(
        [
            [
                *first_columns(place),
                *([f"{values.values[0, place]:.4f}"] if n_references else []),
                f"{Z[0, place]:.4f}",
                f"{shares[place]:.4f}",
            ]
            for place in range(model.n_genes)
        ],
        [first_columns(model.n_genes + place) for place in range(n_references)],
        reference_mean,
        float(intercept + shares.sum()),
        float(model.risks(model.learned.evaluate(Z).score)[0]),
    )
