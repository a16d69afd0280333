"""New samples brought to a panel's genes and to its scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepcme.base.errors import DeepCMEError
from deepcme.base.words import counted, few
from deepcme.network.architecture import FloatArray
from deepcme.trained.model import Model
from deepcme.trained.new_samples import (
    Expression,
    GeneMatch,
    Normalisation,
    match_genes,
    require_own_statistics,
)
from deepcme.trained.normalisation import standardise_within
from deepcme.trained.panels.values import PanelValues, standardise_panel
from deepcme.trained.scales.scale_reading import (
    notes_on_scale,
    require_convertible,
    scale_to_read,
)


def require_panel_options(normalise: Normalisation, allow_missing: bool) -> None:
    """Refuse what makes no sense of a panel.

    Raises
    ------
    DeepCMEError
        With the reason.
    """
    if normalise == "rank":
        raise DeepCMEError(
            "--normalise rank compares the genes of a sample, and this model knows those of "
            "its panel alone: leave it out, or take --normalise cohort of 20 or more samples."
        )
    if allow_missing:
        raise DeepCMEError(
            "--allow-missing lets a missing gene count as its training mean, and a panel gives "
            "a range of risks instead: leave it out."
        )


def read_panel_values(
    model: Model, expression: Expression, match: GeneMatch, normalise: Normalisation
) -> tuple[PanelValues, list[str]]:
    """Values of the panel's genes and its reference genes, and what was made of them.

    Raises
    ------
    DeepCMEError
        If no gene of the panel was found, a scale cannot be converted, or means and
        deviations would be those of under 20 samples.
    """
    if not match.present.any():
        raise DeepCMEError(
            f"None of the panel's {counted(len(match.column), 'gene')} was found (they are "
            f"{few(match.missing)}): give a table with Ensembl ids, symbols or Entrez ids, or "
            "translate its genes with `deepcme genes map`."
        )
    require_convertible(expression.scale, model, normalise)
    if normalise == "cohort":
        require_own_statistics(len(expression.samples), "without it they are read as they come")
    scale, notes = scale_to_read(
        expression.X, expression.samples, expression.scale, model, normalise
    )
    X = _at_genes(expression, match)
    panel = model.manifest.panel
    if panel is not None and panel.reference is not None:
        references = match_genes(expression, panel.reference)
        X = np.hstack([X, _at_genes(expression, references)])
        found, all_of_them = int(references.present.sum()), len(references.column)
        lacking = f" ({few(references.missing)} are missing)" if references.missing else ""
        notes.append(f"{found} of {all_of_them} reference genes were found{lacking}.")
    values = PanelValues.of(model, X, scale)
    if normalise == "cohort":
        values = _as_in_training(values)
    return values, [*match.notes(), *notes, *notes_on_scale(X, scale, model)]


def _at_genes(expression: Expression, match: GeneMatch) -> FloatArray:
    X = np.full((len(expression.samples), len(match.column)), np.nan, dtype=np.float32)
    X[:, match.present] = match.values(expression.X)
    return X


def _as_in_training(values: PanelValues) -> PanelValues:
    """Each gene moved and stretched to its training mean and deviation."""
    statistics = values.model.statistics
    deviations = standardise_within(values.values).astype(np.float64)
    moved = statistics.mean.astype(np.float64) + deviations * statistics.scale
    moved[~values.known] = np.nan
    never = [""] * len(moved)  # whatever scale it was, it is the training's now
    Z = standardise_panel(values.model, moved)
    return replace(values, values=moved, Z=Z, other_scale=never)
