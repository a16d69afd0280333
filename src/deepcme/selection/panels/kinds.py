"""Panels as models to hand on: rows like those of the models that a study can name."""

from __future__ import annotations

from deepcme.models.registry import ModelKind, OutOfFold

PANELS: dict[str, ModelKind] = {
    kind.name: kind
    for kind in (
        ModelKind(
            name=name,
            estimator=f"deepcme.selection.panels.panels.{estimator}",
            outcomes=(outcome,),
            takes_groups=True,
            out_of_fold=OutOfFold(n_folds=5, fewest_patients=2),
            # Or its networks, where these are what was refitted.
            saved_as="coefficients",
        )
        for name, estimator, outcome in (
            ("Panel", "GenePanelClassifier", "binary"),
            ("Cox-panel", "GenePanelSurvival", "survival"),
        )
    )
}
"""By name; a study knows none of them, but the curve of all sizes."""


def panel_of(outcome: str) -> ModelKind:
    """The panel that learns a kind of outcome."""
    return next(kind for kind in PANELS.values() if outcome in kind.outcomes)
